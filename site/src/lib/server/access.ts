import { Tokens } from '@macro-ai/shared'
import type { RequestEvent } from '@sveltejs/kit'
import { eraseSession, readAccess, readSession, writeSession, type Access } from './session'
import { postAuth, problem, type Answer } from './worker'

/** An access token with less than this to live is not handed out any more. */
const leastLifeMs = 60_000
/** A refreshed session answers its old refresh token this long: another tab's request may still carry it. */
const graceMs = 30_000

type Refresh = { answer: Promise<Answer<Tokens>>; startedAtMs: number }

/** Refreshes by refresh token: at most one in flight for a session in this instance. */
const refreshes = new Map<string, Refresh>()

const refresh = (event: RequestEvent, refreshToken: string): Promise<Answer<Tokens>> => {
  const now = Date.now()
  for (const [token, { startedAtMs }] of refreshes) if (startedAtMs + graceMs < now) refreshes.delete(token)
  const running = refreshes.get(refreshToken)
  if (running) return running.answer
  const answer = postAuth(event, 'refresh', { refreshToken }, Tokens)
  refreshes.set(refreshToken, { answer, startedAtMs: now })
  // A failure is not kept: the next request may find the API back.
  void answer.then(({ ok }) => ok || refreshes.delete(refreshToken))
  return answer
}

/**
 * An access token for the signed-in person, from the cookie while it lives, else by a refresh. `fresh` refuses the
 * cookie's, after the API has. A session that the API no longer knows is over; a failing API leaves it alone.
 */
export const accessFor = async (event: RequestEvent, fresh: boolean): Promise<Answer<Access>> => {
  const session = await readSession(event)
  if (!session) return { ok: false, problem: problem('unauthenticated', 'Nobody is signed in here.') }
  const kept = fresh ? undefined : await readAccess(event)
  if (kept && kept.expiresAtMs - Date.now() > leastLifeMs) return { ok: true, value: kept }
  const answer = await refresh(event, session.refreshToken)
  if (answer.ok) return { ok: true, value: await writeSession(event, answer.value, session.email) }
  if (answer.problem.status === 401) eraseSession(event)
  return answer
}
