import type { Model } from '@macro-ai/shared'

const terms = {
  source: 'priced like a small real model',
  asOf: '2026-11-22',
  hiddenReasoning: false,
  outputLimit: 'max_tokens',
} as const
const chat = {
  ...terms,
  kind: 'chat',
  inputMicrosPerMTok: 100_000,
  cachedInputMicrosPerMTok: 10_000,
  cacheWriteMicrosPerMTok: 125_000,
  outputMicrosPerMTok: 500_000,
  contextTokens: 128_000,
  maxOutputTokens: 4_096,
  imageTokens: 1_000,
} as const

/** The offline models of the embedded platform, with prices, so that all about spending can be seen without any. */
export const demoModels: readonly Model[] = [
  { ...chat, id: 'demo', label: 'Offline demo model' },
  { ...chat, id: 'demo-large', label: 'Offline demo model, large' },
  {
    ...terms,
    id: 'demo-embedding',
    label: 'Offline demo embeddings',
    kind: 'embedding',
    inputMicrosPerMTok: 20_000,
    outputMicrosPerMTok: 0,
    contextTokens: 8_191,
    maxOutputTokens: 1,
  },
]

/** A model that runs on this machine, where nobody sends a bill. */
export const ownModel = (id: string): Model => ({
  ...terms,
  id,
  label: id.slice(0, 60),
  kind: 'chat',
  inputMicrosPerMTok: 0,
  outputMicrosPerMTok: 0,
  contextTokens: 8_192,
  maxOutputTokens: 2_048,
  source: 'runs on your own machine',
})
