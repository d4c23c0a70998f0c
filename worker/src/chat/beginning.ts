import { uuidTime } from '@macro-ai/shared'
import type { BeginTurn, Begun, Verdict } from '../adapters/database/begin.ts'
import type { Deps } from '../deps.ts'
import { mostTokens } from '../spending/price.ts'
import type { Journal } from './journal.ts'
import { knownAfter, nothingYet, withinWindow, type Known } from './known.ts'

/**
 * The ids of a turn and of a new conversation are made when they are sent. The till has heard of all that are so fresh;
 * an older one may be in the database already, perhaps somebody else's.
 */
const freshMs = 10 * 60_000
const isFresh = (id: string, now: Date) => Math.abs(now.getTime() - uuidTime(id)) < freshMs

const isCap = (verdict: Verdict) => verdict.startsWith('user-') || verdict === 'instance-month'

const isWhole = (begun: Begun | { verdict: Verdict }): begun is Begun => 'path' in begun

type Needs = { deps: Pick<Deps, 'ledger' | 'till'>; journal: Journal }

/**
 * Where one turn of a conversation begins: at the till where that can hold it, so that a sleeping database sleeps on;
 * else in the database. Both give the same.
 */
export const openBeginning = (
  { deps: { ledger, till }, journal }: Needs,
  { useKnowledge }: { useKnowledge: boolean },
) => {
  let told: { begun: Begun; turn: BeginTurn; epoch: number; isNew: boolean } | undefined

  const known = till && journal.known()

  /** What the till needs to know of the conversation, when this turn needs nothing else of the database. */
  const groundOf = (turn: BeginTurn, isNew: boolean) => {
    if (!isFresh(turn.turnId, turn.now)) return null
    if (useKnowledge || turn.regenerate !== null || turn.attachments?.length || turn.assistantId !== null) return null
    const goesOn = known?.leafId === turn.parentId && turn.window.maxBytes <= known.window.maxBytes
    if (!goesOn && !isNew) return null
    const { path, models, instructions } = goesOn ? known : nothingYet(turn.window)
    const within = withinWindow(path, turn.window)
    const texts = [instructions.assistant, instructions.conversation, ...within.map(({ text }) => text)]
    const tokens =
      turn.overhead.baseTokens +
      turn.newTextTokens +
      (within.length + 1) * turn.overhead.tokensPerMessage +
      texts.reduce((sum, text) => sum + mostTokens(text), 0)
    const depth = (within.at(-1)?.depth ?? -1) + 1
    return {
      path: within,
      instructions,
      ground: { tokens, models, depth, epoch: goesOn ? known.epoch : 'new' } as const,
    }
  }

  const atTill = async (
    turn: BeginTurn,
    isNew: boolean,
  ): Promise<{ begun: Begun; epoch: number } | { begun: null; epoch: number }> => {
    if (!till) return { begun: null, epoch: 0 }
    const conversation = groundOf(turn, isNew)
    const reply = await till.begin({ turn, ground: conversation?.ground ?? null })
    if (reply.kind === 'database' || !conversation) return { begun: null, epoch: reply.epoch }
    const { path, ground } = conversation
    return {
      epoch: reply.epoch,
      begun: {
        verdict: 'new',
        path: path.map(({ depth: _, ...message }) => message),
        instructions: { ...conversation.instructions, user: reply.instructions, remembered: reply.remembered },
        files: [],
        ...{ userMessageId: turn.userMessageId, messageId: turn.messageId, status: 'streaming' },
        ...{ model: reply.model, reservedMicros: reply.reservedMicros, titleMicros: reply.titleMicros },
        ...{ inputTokens: reply.inputTokens, revision: null, monthSoFar: reply.monthSoFar },
        ...{ depth: ground.depth, models: ground.models },
      },
    }
  }

  const inDatabase = async (turn: BeginTurn) => {
    const begun = await ledger.beginTurn(turn)
    if (!till || !isCap(begun.verdict)) return begun
    // Nobody is refused for money that is only lent out.
    await till.callIn()
    return ledger.beginTurn(turn)
  }

  return {
    beginTurn: async (turn: BeginTurn): Promise<Begun | { verdict: Verdict }> => {
      const { parentId, conversationId, now } = turn
      const isNew = till !== undefined && parentId === null && journal.isFresh() && isFresh(conversationId, now)
      const { begun: lent, epoch } = await atTill(turn, isNew)
      const begun = lent ?? (await inDatabase(turn))
      told = isWhole(begun) ? { begun, turn, epoch, isNew } : undefined
      return begun
    },
    /** What is known of the conversation when this turn has ended so, for the next one. */
    known: (answer: Parameters<typeof knownAfter>[1]['answer']): Known | undefined =>
      till && told?.begun.verdict === 'new' ? knownAfter(told.begun, { ...told, answer }) : undefined,
  }
}
export type Beginning = ReturnType<typeof openBeginning>
