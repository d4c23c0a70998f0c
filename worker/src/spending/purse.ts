import type { Cap, LadderStep, Model, Usage } from '@macro-ai/shared'
import type { Store } from '../adapters/database/index.ts'
import type { BeginTurn, Begun } from '../adapters/database/begin.ts'
import { Problem } from '../problem.ts'
import { offerOn, type OpenLadder } from './ladder.ts'
import { periodsOf, resetOf } from './period.ts'
import { forTitle, overhead, worstInputMicrosPerMTok, worstMicros, worstOutputMicros } from './price.ts'

/** How long money may be held by somebody who is never heard of again. Far longer than any answer. */
const holdMs = 2 * 60 * 60 * 1000

/**
 * Proof that the worst case of a call is reserved. Only this file can make one, and the model adapter asks for one: that
 * is the only way to a model.
 */
class Held {
  readonly #proof = true
  readonly id: string
  readonly model: Model
  /** Bound on the prompt's tokens, the one that was reserved for. */
  readonly inputTokens: number
  readonly amountMicros: number

  constructor(id: string, model: Model, inputTokens: number, amountMicros: number) {
    this.id = id
    this.model = model
    this.inputTokens = inputTokens
    this.amountMicros = amountMicros
  }

  static is(value: object): value is Held {
    return #proof in value
  }
}
export type { Held }

/** Throws when what it is given is no proof: types can be talked round, this can't. */
export const assertHeld = (value: object): void => {
  if (!Held.is(value)) throw new TypeError('A model can be called only with money held for it')
}

export type Caps = BeginTurn['caps']

type Needs = {
  store: Pick<Store, 'beginTurn'>
  models: ReadonlyMap<string, Model>
  defaultModel: string
  /** The id of one that costs nothing. */
  freeModel: string | undefined
  ladder: OpenLadder
  caps: Caps
}
type Asked = Omit<
  BeginTurn,
  'models' | 'defaultModel' | 'caps' | 'overhead' | 'day' | 'month' | 'expiresAt' | 'window'
> & {
  systemTokens: number
  /** Bound on the prompt of a title, where the conversation needs one; else 0. */
  titleTokens: number
}

const isCap = (verdict: string): verdict is Cap =>
  ['user-day', 'user-month', 'key-month', 'instance-month'].includes(verdict)

type Reserved = { begun: Begun; held: Held | null; heldForTitle: Held | null }

/**
 * Stores the message and holds the money for its answer, in one statement; or says why not, and nothing has happened.
 * What the turn may use is what the ladder's step leaves it; where a cap says no, a free model answers if there is one.
 */
export const reserveTurn = async (needs: Needs, turn: Asked, { isFree } = { isFree: false }): Promise<Reserved> => {
  const step = isFree ? 'free' : needs.ladder.at(turn.now.getTime()).step
  try {
    return await reserveOn(step, needs, turn)
  } catch (error) {
    const isFull = error instanceof Problem && error.code === 'budget_exhausted'
    if (!isFull || needs.freeModel === undefined || !needs.ladder.mayDegrade()) throw error
    return reserveOn('free', needs, turn)
  }
}

const reserveOn = async (
  step: LadderStep,
  { store, models, defaultModel, freeModel, ladder, caps }: Needs,
  { systemTokens, titleTokens: wantedTitleTokens, ...turn }: Asked,
): Promise<Reserved> => {
  const chatModels = [...models.values()].filter(({ kind }) => kind === 'chat')
  const offer = offerOn(step, chatModels, freeModel === undefined ? undefined : models.get(freeModel))
  const titleTokens = offer.titles ? wantedTitleTokens : 0
  const [only] = offer.models
  const begun = await store.beginTurn({
    ...turn,
    ...periodsOf(turn.now),
    ...(step !== 'none' && only ? { model: only.id, defaultModel: only.id } : { defaultModel }),
    caps,
    models: offer.models.map((model) => ({
      id: model.id,
      inputMicrosPerMTok: worstInputMicrosPerMTok(model),
      outputMicros: worstOutputMicros(model),
      pictureTokens: model.imageTokens ?? 0,
      titleMicros: titleTokens > 0 ? worstMicros(forTitle(model), titleTokens) : 0,
    })),
    overhead: {
      tokensPerMessage: overhead.tokensPerMessage,
      baseTokens: overhead.baseTokens + systemTokens,
    },
    window: offer.window,
    expiresAt: new Date(turn.now.getTime() + holdMs),
  })
  if ('path' in begun) ladder.learn(periodsOf(turn.now).month, begun.monthSoFar)
  if (!('path' in begun) || (begun.verdict !== 'new' && begun.verdict !== 'again'))
    throw refusal(begun.verdict, turn.now)
  const model = models.get(begun.model)
  if (!model) throw new Problem('invalid', { detail: `The model ${begun.model} has no known price.` })
  // Between two sendings of the same turn its instructions can have grown past what was reserved for them.
  if (begun.status === 'streaming' && worstMicros(model, begun.inputTokens) > begun.reservedMicros)
    throw new Problem('conflict', { detail: 'What this turn builds on has changed. Send it again as a new one.' })
  // Of a turn that is over nothing is held any more.
  if (begun.status !== 'streaming') return { begun, held: null, heldForTitle: null }
  const { titleMicros } = begun
  return {
    begun,
    held: new Held(turn.turnId, model, begun.inputTokens, begun.reservedMicros - titleMicros),
    heldForTitle: titleMicros > 0 ? new Held(turn.turnId, forTitle(model), titleTokens, titleMicros) : null,
  }
}

type CallNeeds = { store: Pick<Store, 'holdCall' | 'settleCall'>; now: () => number }
export type Call = {
  /** Made by whoever makes the call; the same again is refused. */
  id: string
  userId: string
  /** The API key that it comes with. */
  keyId?: string
  /** What for: `title`, `embedding`, `api` … Turns are `chat`. */
  purpose: string
  model: Model
  /** Bound on the tokens of all that is sent, {@link mostTokens} of it with what the format puts around it. */
  inputTokens: number
  /** Share of every cap that has to be left after it: for what nobody waits for. */
  leaves?: number
}

/** Holds the money for a call that is no turn, or says why not. Whatever becomes of the call, {@link settleCall} ends it. */
export const reserveCall = async (
  { store, caps, now }: CallNeeds & { caps: Caps },
  { model, ...call }: Call,
): Promise<Held> => {
  const at = new Date(now())
  const amountMicros = worstMicros(model, call.inputTokens)
  const verdict = await store.holdCall({
    ...call,
    ...periodsOf(at),
    model: model.id,
    amountMicros,
    caps,
    now: at,
    expiresAt: new Date(at.getTime() + holdMs),
  })
  if (verdict !== 'new') throw refusal(verdict, at)
  return new Held(call.id, model, call.inputTokens, amountMicros)
}

/** Settles a call at what it cost: `nothingUsed` when it was not made, a safe estimate when nobody told. */
export const settleCall = ({ store, now }: CallNeeds, held: Held, usage: Usage): Promise<void> =>
  store.settleCall({ id: held.id, usage, now: new Date(now()) })

const refusal = (verdict: Begun['verdict'], now: Date): Problem => {
  const cap = verdict === 'turn_cap' ? 'turn' : isCap(verdict) ? verdict : undefined
  if (cap) return new Problem('budget_exhausted', { cap, resetsAt: resetOf(cap, now), detail: capSentence[cap] })
  switch (verdict) {
    case 'conflict':
      return new Problem('conflict', { detail: 'This turn was sent before with other content.' })
    case 'unknown_user':
    case 'no_key':
    case 'signed_out':
      return new Problem('unauthenticated')
    case 'paused':
      return new Problem('unavailable', {
        detail: 'The owner has paused all answers. Reading still works.',
        retryAfterSeconds: 3600,
      })
    case 'bad_parent':
      return new Problem('invalid', {
        errors: [{ path: 'parentId', message: 'must be an answer: a question follows an answer' }],
      })
    default:
      return new Problem('not_found')
  }
}

const capSentence: Record<Cap, string> = {
  turn: 'This message with its history could cost more than one turn may. Shorten it or start a new chat.',
  'user-day': 'Your budget for today is used up. Reading, searching and editing still work.',
  'user-month': 'Your budget for this month is used up. Reading, searching and editing still work.',
  'key-month': 'The budget of this API key for this month is used up.',
  'instance-month':
    'The whole instance has used up its budget for this month. Reading, searching and editing still work.',
}
