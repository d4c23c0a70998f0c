import type { ModelList } from '@macro-ai/shared'
import { callJson } from './api'

/** The models one may choose from; empty until they are known, and if they cannot be. */
class Models {
  list = $state.raw<ModelList>([])

  async load() {
    this.list = await callJson<ModelList>('/models').catch(() => [])
  }

  labelOf = (id: string | null): string => this.list.find((model) => model.id === id)?.label ?? id ?? ''
}

export const models = new Models()
