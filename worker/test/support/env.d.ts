import type { Env as Bindings } from '../../src/env.ts'
import type * as mainModule from '../../src/index.ts'

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {
      SITE_SECRET: string
      DATABASE_REST_SECONDS?: string
    }
    interface GlobalProps {
      mainModule: typeof mainModule
    }
  }
}

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
  }
}
