import type { Env } from '../../src/env.ts'

declare global {
  namespace Cloudflare {
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface Env extends Bindings {}
    interface GlobalProps {
      mainModule: typeof import('../../src/index.ts')
    }
  }
}
type Bindings = Env

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
  }
}
