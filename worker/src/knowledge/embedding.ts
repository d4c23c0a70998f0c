import { newId, type Model } from '@macro-ai/shared'
import { ModelFailure } from '../chat/failure.ts'
import type { Deps } from '../deps.ts'
import { costMicros, mostTokens, nothingUsed, overhead, safeEstimate } from '../spending/price.ts'
import { reserveCall, settleCall, type Held } from '../spending/purse.ts'
import { sha256 } from '../digest.ts'
import { dimensions, isDirection, Vectors, written } from '../vectors.ts'

export type EmbeddingNeeds = Pick<Deps, 'store' | 'cache' | 'modelProvider' | 'models' | 'caps' | 'now'>

const timeoutMs = 10_000
/**
 * Who asks the same once more within an hour, or tries again soon after something broke half-way, pays nothing for it. A
 * document's sixteen vectors are large, and a library of them would fill the cache.
 */
const cacheSeconds = { question: 3_600, passages: 300 }

/** The embedding model in force: the one of the settings, if there is one, before the one we know. */
export const embeddingModelOf = (models: ReadonlyMap<string, Model>): Model | undefined =>
  [...models.values()].findLast(({ kind }) => kind === 'embedding')

/**
 * Embeds a person's texts for money that is held first, in one call; what was embedded a short while ago is not embedded
 * again. Throws when there is no money or no model.
 */
export const embedTexts = async (
  needs: EmbeddingNeeds,
  userId: string,
  model: Model,
  texts: string[],
): Promise<string[]> => {
  const { cache, store, caps, now, modelProvider } = needs
  const key = `embedding:1:${await sha256(JSON.stringify([userId, model.id, texts]))}`
  const { vectors: kept } = await cache.find({ vectors: { key, schema: Vectors } })
  if (kept?.length === texts.length) return kept
  const inputTokens = texts.reduce((sum, text) => sum + mostTokens(text) + overhead.tokensPerMessage, 0)
  const held = await reserveCall(
    { store, caps, now },
    { id: newId(), userId, purpose: 'embedding', model, inputTokens },
  )
  const { vectors, usage } = await call(modelProvider, held, texts).catch(async (error: unknown) => {
    const unbilled = error instanceof ModelFailure && error.kind !== 'lost'
    await settleCall({ store, now }, held, unbilled ? nothingUsed : safeEstimate(model, inputTokens, ''))
    throw error
  })
  const told = usage ?? { inputTokens, cachedTokens: 0, outputTokens: 0 }
  await settleCall({ store, now }, held, { ...told, costMicros: costMicros(model, told) })
  if (!vectors.every(isDirection)) throw new ModelFailure('refused', 'an embedding that points nowhere')
  const result = vectors.map(written)
  await cache.put(key, 0, result, texts.length === 1 ? cacheSeconds.question : cacheSeconds.passages)
  return result
}

const call = (provider: Deps['modelProvider'], held: Held, texts: string[]) =>
  provider.embed(held, texts, dimensions, AbortSignal.timeout(timeoutMs))
