import { setTimeout as pause } from 'node:timers/promises'
import { Trouble } from '../trouble.ts'

export type Smoke = {
  api: string
  /** The site's exact origin, which the API must let in, and which must answer itself. */
  site?: string | undefined
  /** The version that must answer. */
  version?: string | undefined
  /** Asks for `version` while it is not live. */
  override?: boolean
  /** Opens `/health/ready`. That wakes the database, so only a deploy does it. */
  healthKey?: string | undefined
}

const deadlineMs = 10_000
const stranger = 'https://stranger.example'
/** A new version takes a few seconds to reach every place. */
const patienceMs = 60_000

/** Tries the live API, and the site when it is named, without signing in. Throws a list of what is not as it should be. */
export const smoke = async (asked: Smoke): Promise<void> => {
  await waitForVersion(asked)
  const faults: string[] = []
  for (const [name, check] of Object.entries(checks)) {
    const fault = await check(asked).catch((error: unknown) => String(error))
    if (fault) faults.push(`  ${name}: ${fault}`)
  }
  if (faults.length > 0) throw new Trouble(`${asked.api} does not answer as it should:\n${faults.join('\n')}`)
}

type Check = (asked: Smoke) => Promise<string | undefined>

const ask = (asked: Smoke, path: string, init: RequestInit = {}) =>
  fetch(new URL(path, asked.api), {
    ...init,
    signal: AbortSignal.timeout(deadlineMs),
    headers: {
      ...(init.headers as Record<string, string>),
      ...(asked.override && { 'cloudflare-workers-version-overrides': `macro-ai="${asked.version}"` }),
    },
  })

const status = async (answer: Response, expected: number) => {
  const text = await answer.text()
  return answer.status === expected ? undefined : `${answer.status} instead of ${expected}: ${text.slice(0, 300)}`
}

const allowed = async (asked: Smoke, origin: string) => {
  const answer = await ask(asked, '/turns', {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  })
  await answer.body?.cancel()
  return answer.headers.get('access-control-allow-origin')
}

/** By what they say when something is wrong; docs/runbook.md has a row for each. */
export const checks: Record<string, Check> = {
  'it is up': async (asked) => status(await ask(asked, '/health'), 200),
  'its settings are complete, and nobody comes in without a token': async (asked) =>
    status(await ask(asked, '/me'), 401),
  'it describes itself': async (asked) => status(await ask(asked, '/openapi.json'), 200),
  'it lets the site in': async (asked) => {
    if (!asked.site) return undefined
    const origin = new URL(asked.site).origin
    return (await allowed(asked, origin)) === origin ? undefined : `ALLOWED_ORIGINS does not name ${origin}`
  },
  'it lets no other site in': async (asked) =>
    (await allowed(asked, stranger)) === null ? undefined : `${stranger} is let in`,
  'everything behind it answers': async (asked) => {
    if (!asked.healthKey) return undefined
    return status(await ask(asked, '/health/ready', { headers: { authorization: `Bearer ${asked.healthKey}` } }), 200)
  },
  'the site is up': async ({ site }) => {
    if (!site) return undefined
    return status(await fetch(site, { signal: AbortSignal.timeout(deadlineMs) }), 200)
  },
}

const waitForVersion = async (asked: Smoke) => {
  if (!asked.version) return
  const until = performance.now() + patienceMs
  for (;;) {
    const found = await ask(asked, '/health')
      .then((answer) => answer.json() as Promise<{ version?: string }>)
      .then(({ version }) => version ?? 'none', String)
    if (found.endsWith(`+${asked.version}`)) return
    // What answers and cannot tell its version is broken, or so old that it never could: the checks tell which.
    if (performance.now() > until)
      throw new Trouble(`${asked.api} does not answer with version ${asked.version}, but with: ${found}`)
    await pause(1_000)
  }
}
