import type { SignedIn } from '../adapters/tokens.ts'
import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'

/** What every handler finds in its context. */
export type App = { Bindings: Env; Variables: { requestId: string; deps: Deps } }
export type SignedInApp = { Bindings: Env; Variables: App['Variables'] & { user: SignedIn } }
