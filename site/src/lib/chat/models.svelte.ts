import type { ModelList } from '@macro-ai/shared'
import { callJsonTwice } from './api'

export type OfferedModel = ModelList[number]

/** The models one may choose from; empty until they are known, and if they cannot be. */
class Models {
  list = $state.raw<ModelList>([])

  async load() {
    this.list = await callJsonTwice<ModelList>('/models', (saved) => (this.list = saved)).catch(() => this.list)
  }

  labelOf = (id: string | null): string => this.list.find((model) => model.id === id)?.label ?? id ?? ''

  /** The one that answers, as the Worker picks it: the first of these choices that there still is, else the default. */
  pick = (...choices: (string | null | undefined)[]): OfferedModel | undefined =>
    choices.map((id) => this.list.find((model) => model.id === id)).find((model) => model !== undefined) ?? this.list[0]

  /** Whether an answer ended because its model may write no more at once. */
  isFull(id: string | null, written = 0): boolean {
    return this.list.some((model) => model.id === id && written >= model.maxOutputTokens)
  }
}

export const models = new Models()
