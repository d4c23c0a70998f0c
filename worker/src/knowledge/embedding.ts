import { newId, type Model } from '@macro-ai/shared'
import type { Bare, Kept } from '../adapters/database/knowledge.ts'
import { ModelFailure } from '../chat/failure.ts'
import { pageSlot } from '../conversations/pages.ts'
import type { Deps } from '../deps.ts'
import { costMicros, mostTokens, nothingUsed, overhead, safeEstimate } from '../spending/price.ts'
import { reserveCall, settleCall, type Held } from '../spending/purse.ts'
import { sha256 } from '../digest.ts'
import { defaultDimensions, isDirection, isWritten, Vectors, written, type Embedded } from '../vectors.ts'

/** What embeds texts, into how many dimensions, and the name of what comes of both: only equal names are compared. */
export type Embedding = { model: Model; dimensions: number; space: string }

export type EmbeddingNeeds = Pick<Deps, 'store' | 'cache' | 'modelProvider' | 'embedding' | 'caps' | 'now'>
type Asked = {
  userId: string
  embedding: Embedding
  texts: string[]
  /** See {@link Call}: for what nobody waits for. */
  leaves?: number
}

const timeoutMs = 10_000
/**
 * Who asks the same once more within an hour, or tries again soon after something broke half-way, pays nothing for it. A
 * document's sixteen vectors are large, and a library of them would fill the cache.
 */
const cacheSeconds = { question: 3_600, passages: 300 }

/**
 * What messages are looked for by: of OpenAI's models the first of so many dimensions say most, and a message's embedding
 * then takes a sixth of the room. Of another model its owner has said how many dimensions it has.
 */
export const messageDimensions = (dimensions: number): number => (dimensions === defaultDimensions ? 256 : dimensions)

/** The embedding in force, with the model of the settings, if there is one, before the one we know. */
export const embeddingOf = (models: ReadonlyMap<string, Model>, dimensions: number): Embedding | undefined => {
  const model = [...models.values()].findLast(({ kind }) => kind === 'embedding')
  // Before there was a choice of dimensions the model alone was the name.
  return (
    model && { model, dimensions, space: dimensions === defaultDimensions ? model.id : `${model.id}@${dimensions}` }
  )
}

/** What the cache has of a person's embeddings has a key that begins so. */
export const embeddingsOf = (userId: string): string => `embedding:3:${userId}:`

/** Where the cache has texts' embeddings: by their hash, apart for each person and for what embeds them. */
const keyOf = async ({ userId, embedding, texts }: Asked): Promise<string> =>
  embeddingsOf(userId) + (await sha256(JSON.stringify([embedding.space, texts])))

/**
 * Embeds a person's texts for money that is held first, in one call; what was embedded a short while ago is not embedded
 * again. Throws when there is no money or the model fails.
 */
export const embedTexts = async (needs: EmbeddingNeeds, asked: Asked): Promise<string[]> => {
  const key = await keyOf(asked)
  const { vectors: kept } = await needs.cache.find({ vectors: { key, schema: Vectors } })
  if (kept && isWhole(kept, asked)) return kept
  const vectors = await embedNow(needs, asked)
  await needs.cache.put(key, 0, vectors, asked.texts.length === 1 ? cacheSeconds.question : cacheSeconds.passages)
  return vectors
}

/**
 * Embeds the question of a turn, which may use two commands of the cache in all. So it is kept with the person's page of
 * conversations, that the end of the turn writes anyway; whoever calls this passes it on to there.
 */
export const embedQuestion = async (
  needs: EmbeddingNeeds,
  asked: Omit<Asked, 'texts'>,
  question: string,
): Promise<Embedded> => {
  const whole = { ...asked, texts: [question] }
  const key = await keyOf(whole)
  const { vectors, page } = await needs.cache.find({ vectors: { key, schema: Vectors }, page: pageSlot(asked.userId) })
  const kept = vectors ?? (page?.asked?.key === key ? [page.asked.vector] : [])
  const [vector = ''] = isWhole(kept, whole) ? kept : await embedNow(needs, whole)
  return { key, vector }
}

/** Whether these are the embeddings of all of the texts, whatever somebody may have put into the cache. */
const isWhole = (vectors: string[], { texts, embedding }: Asked): boolean =>
  vectors.length === texts.length && vectors.every((vector) => isWritten(vector, embedding.dimensions))

/** Embeds texts that are kept already, and keeps what comes of it. */
export const embedRows = async (
  needs: EmbeddingNeeds,
  asked: Omit<Asked, 'texts'>,
  bare: Bare[],
  keep: (rows: Kept[]) => Promise<unknown>,
): Promise<void> => {
  if (bare.length === 0) return
  const vectors = await embedTexts(needs, { ...asked, texts: bare.map(({ text }) => text) })
  const rows = bare.map(({ id }, at) => ({ id, vector: vectors[at] ?? '' }))
  // They are paid for: that is worth a second try.
  await keep(rows).catch(() => keep(rows))
}

const embedNow = async (needs: EmbeddingNeeds, { userId, embedding, texts, leaves }: Asked): Promise<string[]> => {
  const { store, caps, now, modelProvider } = needs
  const { model, dimensions } = embedding
  const inputTokens = texts.reduce((sum, text) => sum + mostTokens(text) + overhead.tokensPerMessage, 0)
  const held = await reserveCall(
    { store, caps, now },
    { id: newId(), userId, purpose: 'embedding', model, inputTokens, leaves },
  )
  const { vectors, usage } = await call(modelProvider, held, texts, dimensions).catch(async (error: unknown) => {
    const unbilled = error instanceof ModelFailure && error.kind !== 'lost'
    await settleCall({ store, now }, held, unbilled ? nothingUsed : safeEstimate(model, inputTokens, ''))
    throw error
  })
  const told = usage ?? { inputTokens, cachedTokens: 0, outputTokens: 0 }
  await settleCall({ store, now }, held, { ...told, costMicros: costMicros(model, told) })
  if (!vectors.every(isDirection)) throw new ModelFailure('refused', 'an embedding that points nowhere')
  return vectors.map(written)
}

const call = (provider: Deps['modelProvider'], held: Held, texts: string[], dimensions: number) =>
  provider.embed(held, texts, dimensions, AbortSignal.timeout(timeoutMs))
