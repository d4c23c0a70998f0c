import { maxChunksAtOnce } from '@macro-ai/shared'
import type { Bare, Claim, Kept } from '../adapters/database/knowledge.ts'
import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { claimOf, lettingGo } from '../knowledge/claims.ts'
import { embedRows, embedTexts, type Embedding } from '../knowledge/embedding.ts'
import { log } from '../log.ts'
import { ModelFailure } from './failure.ts'
import { chatName } from './turn.ts'

/** Among a person's conversations the object that is none of them. */
export const rereadingId = 'documents'

/** Calls to the model between two alarms: with their trips to the database far fewer than the fifty a request may make. */
const callsAtOnce = 3

/** Nobody waits for it, so it leaves this share of every cap to turns. */
const leaves = 0.2

const key = 'reading'
/** Whose, and how many texts go into the next call: fewer after one was refused. */
type State = { userId: string; atOnce: number }

/** Texts that have to be embedded anew: some of them that nobody else has claimed, and where their embeddings are kept. */
type Shelf = {
  embedding: Embedding | undefined
  some: (userId: string, space: string, most: number, claim: Claim) => Promise<Bare[]>
  keep: (userId: string, space: string, rows: Kept[]) => Promise<unknown>
}

const shelves = ({ store, embedding, messageEmbedding }: Deps): Shelf[] => [
  {
    embedding,
    some: async (...asked) => (await store.claimStale(...asked)).bare,
    keep: store.embedChunks,
  },
  { embedding: messageEmbedding, some: store.bareAnswers, keep: store.embedAnswers },
]

/** Makes one call for some texts; how many the next one may take, or nothing when all is done. Throws when it can't be done now. */
const embedSome = async (deps: Deps, { userId, atOnce }: State): Promise<number | undefined> => {
  for (const { embedding, some, keep } of shelves(deps)) {
    const claim = claimOf(deps)
    const bare = embedding ? await some(userId, embedding.space, atOnce, claim) : []
    if (!embedding || bare.length === 0) continue
    const asked = { userId, embedding, leaves }
    const keepRows = (rows: Kept[]) => keep(userId, embedding.space, rows)
    try {
      await lettingGo(deps, userId, claim, () => embedRows(deps, asked, bare, keepRows))
      return Math.min(maxChunksAtOnce, atOnce * 2)
    } catch (error) {
      if (!(error instanceof ModelFailure && error.kind === 'refused')) throw error
      if (bare.length > 1) return Math.ceil(bare.length / 2)
      // Where any other text is taken it is this one, which will never be: it is found by its words.
      await embedTexts(deps, { ...asked, texts: ['Is anybody there?'] })
      await keepRows(bare.map(({ id }) => ({ id, vector: null })))
      return atOnce
    }
  }
  return undefined
}

/**
 * Embeds in the background what a person cannot find by its meaning yet: passages after the embedding model or its
 * dimensions were changed, and what was said since the last search. It begins when somebody looks for something, while the
 * database is awake anyway, and goes on without a pause; where a cap or a failure is in the way it ends, until the next
 * use. A person has one such object, so nothing is paid for twice.
 */
export const openRereading = (deps: Deps, storage: DurableObjectStorage) => ({
  begin: async (userId: string): Promise<void> => {
    await storage.put<State>(key, { userId, atOnce: maxChunksAtOnce })
    await storage.setAlarm(deps.now())
  },

  goOn: async (): Promise<void> => {
    const state = await storage.get<State>(key)
    if (!state) return
    try {
      for (let call = 0; call < callsAtOnce; call++) {
        const atOnce = deps.relief.shut('documents') ? undefined : await embedSome(deps, state)
        if (atOnce === undefined) return void (await storage.delete(key))
        state.atOnce = atOnce
      }
      await storage.put<State>(key, state)
      await storage.setAlarm(deps.now())
    } catch (error) {
      log.warn('rereading', { error: String(error) })
      await storage.delete(key)
    }
  },

  forget: () => storage.delete(key),
})
export type Rereading = ReturnType<typeof openRereading>

/** Has what a person cannot find by its meaning yet read in the background. */
export const beginRereading = (chats: Env['CHAT'], userId: string): Promise<void> =>
  chats
    .get(chats.idFromName(chatName(userId, rereadingId)))
    .reread(userId)
    .catch((error: unknown) => log.warn('rereading', { error: String(error) }))
