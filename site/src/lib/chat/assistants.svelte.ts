import type { Assistant, Collection } from '@macro-ai/shared'
import { callJson } from './api'
import { Loaded } from './loaded.svelte'

/** A person's saved ways of answering; asked for when something first needs them. */
class Assistants extends Loaded<{ items: Assistant[] }> {
  get items(): Assistant[] {
    return this.value?.items ?? []
  }

  find = (id: string | null | undefined): Assistant | undefined => this.items.find((one) => one.id === id)

  /** Makes it, or changes the one by that id. */
  async save(assistant: Assistant): Promise<void> {
    const { id, ...patch } = assistant
    const saved = this.find(id)
      ? await callJson<Assistant>(`/assistants/${id}`, { method: 'PATCH', body: patch })
      : await callJson<Assistant>('/assistants', { method: 'POST', body: assistant })
    const others = this.items.filter((one) => one.id !== id)
    this.put({ items: [...others, saved].sort((a, b) => a.name.localeCompare(b.name)) })
  }

  async remove({ id }: Assistant): Promise<void> {
    await callJson(`/assistants/${id}`, { method: 'DELETE' })
    this.put({ items: this.items.filter((one) => one.id !== id) })
  }
}

export const assistants = new Assistants('/assistants')

/** Has what is asked with an assistant, or in a conversation, looked up in these collections alone. */
export const attachCollections = async (
  target: string,
  all: Collection[],
  wanted: readonly string[],
): Promise<void> => {
  const changed = all.filter(({ id, attachedTo }) => wanted.includes(id) !== attachedTo.includes(target))
  await Promise.all(
    changed.map(({ id, attachedTo }) =>
      callJson(`/collections/${id}`, {
        method: 'PATCH',
        body: {
          attachedTo: wanted.includes(id) ? [...attachedTo, target] : attachedTo.filter((one) => one !== target),
        },
      }),
    ),
  )
}
