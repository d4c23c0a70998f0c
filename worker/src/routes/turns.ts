import { NewTurn } from '@macro-ai/shared'
import { Hono, type Context } from 'hono'
import type { SignedIn } from '../adapters/tokens.ts'
import { streamHeaders } from '../chat/event-log.ts'
import { monthHeader, rememberedHeader, type AskedTurn } from '../chat/turn.ts'
import type { Deps } from '../deps.ts'
import { filesOf } from '../files/files.ts'
import { introduce } from '../identity/joining.ts'
import { currentStanding } from '../identity/standing.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { signedIn, tokenHolder } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { checkModel } from '../spending/chosen.ts'
import type { MonthSoFar } from '../spending/ladder.ts'
import { askChat, type ChatStub } from './chat-of.ts'
import { idOf } from './conversations.ts'

/** The number of the last event a reader has; none is 0. */
const lastEvent = (text: string | undefined): number => {
  if (text === undefined || text === '') return 0
  if (!/^\d{1,9}$/.test(text)) throw new Problem('bad_request', { detail: 'Last-Event-ID must be a number.' })
  return Number(text)
}

/** Finds whose conversation a turn is: by the caller's hint, which saves a look into the database, or by that. */
const withChat = async <T>(
  c: Context<SignedInApp>,
  use: (chat: ChatStub, turnId: string) => Promise<T | null>,
): Promise<T> => {
  const turnId = idOf(c.req.param('turnId') ?? '')
  const ask = (conversationId: string) => askChat(c.env, c.var.user.id, conversationId, (chat) => use(chat, turnId))
  const hint = c.req.query('conversationId')
  const hinted = hint === undefined ? null : await ask(idOf(hint))
  if (hinted !== null) return hinted
  const found = await c.var.deps.store.findTurn(c.var.user.id, turnId)
  const result = found ? await ask(found.conversationId) : null
  if (result === null) throw new Problem('not_found')
  return result
}

const stillStands = async (deps: Deps, user: SignedIn, { body }: Response) => {
  try {
    await currentStanding(deps, user)
  } catch (error) {
    await body?.cancel()
    throw error
  }
}

/** An object's answer, without what it says to the Worker alone. */
const handedOn = ({ ladder, now }: Deps, answer: Response): Response => {
  const month = answer.headers.get(monthHeader)
  if (month) ladder.hear(now(), JSON.parse(month) as MonthSoFar)
  const response = new Response(answer.body, answer)
  for (const name of [monthHeader, rememberedHeader]) response.headers.delete(name)
  return response
}

export const turnRoutes = new Hono<SignedInApp>()
  // The turn's own statement says whether the token still stands.
  .post('/', tokenHolder, body(NewTurn, 256 * 1024), async (c) => {
    const { user, deps, requestId, body: turn } = c.var
    checkModel(deps, turn.model)
    if (turn.attachments?.length) filesOf(deps)
    const shut = deps.relief.shut('turns')
    const asked: AskedTurn = { user: { id: user.id, issuedAt: user.issuedAt }, turn, requestId, ...(shut && { shut }) }
    const ask = () =>
      askChat(c.env, user.id, turn.conversationId, (chat) =>
        chat.fetch('https://chat/turns', { method: 'POST', body: JSON.stringify(asked) }),
      )
    const response = await ask()
    // Told from what the object remembers, without a statement that looked at who asks.
    if (response.headers.has(rememberedHeader)) await stillStands(deps, user, response)
    if (response.status !== 401) return handedOn(deps, response)
    // Somebody whose token is good but whom the database does not know yet; Cognito tells who it is, or that nobody is.
    await introduce(deps, user)
    const second = await ask()
    return handedOn(deps, second)
  })
  .get('/:turnId/events', signedIn, async (c) => {
    const after = lastEvent(c.req.header('last-event-id'))
    return c.body(await withChat(c, (chat, turnId) => chat.events(turnId, after)), 200, streamHeaders)
  })
  .post('/:turnId/stop', signedIn, async (c) => {
    await withChat(c, async (chat, turnId) => ((await chat.stop(turnId)) ? true : null))
    return c.body(null, 204)
  })
