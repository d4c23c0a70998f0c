import { unknownModel } from './failure.ts'

/** `slowness` stretches the human pace; `closing` makes the answers longer. */
const CHAT_MODELS = {
  demo: { slowness: 1, closing: false },
  'demo-large': { slowness: 2, closing: true },
}
export const EMBEDDING_MODEL = 'demo-embedding'
export const CONTEXT_TOKENS = 128_000

const isChatModel = (id: string): id is keyof typeof CHAT_MODELS => Object.hasOwn(CHAT_MODELS, id)

export const chatModel = (id: string) => {
  if (!isChatModel(id)) throw unknownModel(id)
  return CHAT_MODELS[id]
}

const CREATED = Date.UTC(2026, 0, 1) / 1000
const card = (id: string) => ({ id, object: 'model' as const, created: CREATED, owned_by: 'macro-ai' })

export const modelCards = [...Object.keys(CHAT_MODELS), EMBEDDING_MODEL].map(card)

export const modelCard = (id: string) => {
  const found = modelCards.find((model) => model.id === id)
  if (!found) throw unknownModel(id)
  return found
}
