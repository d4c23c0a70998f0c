import type { Health, Ready } from '@macro-ai/shared'
import { Hono } from 'hono'
import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { currentStanding } from '../identity/standing.ts'
import type { App } from '../middleware/context.ts'
import { isSame, limitAddress } from '../middleware/limit.ts'
import { Problem } from '../problem.ts'

/** The release, and which upload of it this is: what a deploy waits for. */
const versionOf = ({ VERSION }: Pick<Env, 'VERSION'>) => (VERSION ? `1.0.0+${VERSION.id}` : '1.0.0')
const probeMs = 3_000

const probe = async (run: () => Promise<unknown>): Promise<Ready['checks']['database']> => {
  const began = Date.now()
  try {
    await run()
    return { ok: true, ms: Date.now() - began }
  } catch (error) {
    return { ok: false, ms: Date.now() - began, detail: error instanceof Error ? error.message : 'unknown' }
  }
}

const readiness = async ({ store, cache, tokens, modelProvider }: Deps): Promise<Ready> => {
  const [database, cached, identity, model] = await Promise.all([
    probe(() => store.ping()),
    probe(() => cache.ping()),
    probe(() => tokens.ping()),
    probe(() => modelProvider.ping(AbortSignal.timeout(probeMs))),
  ])
  const checks = { database, cache: cached, identity, model }
  return { status: Object.values(checks).every(({ ok }) => ok) ? 'ok' : 'degraded', checks }
}

const assertAdmin = async (deps: Deps, token: string): Promise<void> => {
  const user = await deps.tokens.verify(token)
  if (!user.admin) throw new Problem('forbidden')
  await currentStanding(deps, user).catch((error: unknown) => {
    // What is down is the very question.
    if (!(error instanceof Problem && error.code === 'unavailable')) throw error
  })
}

export const systemRoutes = new Hono<App>()
  .get('/', (c) => c.json({ status: 'ok', version: versionOf(c.env) } satisfies Health))
  .get('/ready', limitAddress, async (c) => {
    const { deps } = c.var
    const [, bearer = ''] = /^Bearer (.{1,8192})$/i.exec(c.req.header('authorization') ?? '') ?? []
    const { HEALTH_KEY } = deps.settings
    if (HEALTH_KEY === undefined || !isSame(bearer, HEALTH_KEY)) await assertAdmin(deps, bearer)
    const ready = await readiness(deps)
    return c.json(ready, ready.status === 'ok' ? 200 : 503)
  })
