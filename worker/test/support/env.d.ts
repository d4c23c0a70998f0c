import type { Env as Bindings } from '../../src/env.ts'
import type * as mainModule from '../../src/index.ts'

declare global {
  namespace Cloudflare {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface Env extends Bindings {}
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
