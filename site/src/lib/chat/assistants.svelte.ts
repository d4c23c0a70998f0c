import type { Assistant } from '@macro-ai/shared'
import { Loaded } from './loaded.svelte'

/** A person's saved ways of answering; asked for when something first needs them. */
class Assistants extends Loaded<{ items: Assistant[] }> {
  get items(): Assistant[] {
    return this.value?.items ?? []
  }

  find = (id: string | null | undefined): Assistant | undefined => this.items.find((one) => one.id === id)
}

export const assistants = new Assistants('/assistants')
