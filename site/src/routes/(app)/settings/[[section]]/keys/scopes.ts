import type { KeyScope } from '@macro-ai/shared'
import * as m from '$messages'

/** What a key may do, as people call it. */
export const scopeNames: Record<KeyScope, () => string> = {
  chat: m.scopeChat,
  embeddings: m.scopeEmbeddings,
  models: m.scopeModels,
}

export const scopes = Object.keys(scopeNames) as KeyScope[]
