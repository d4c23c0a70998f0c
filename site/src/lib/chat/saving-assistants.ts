import type { Assistant, Collection } from '@macro-ai/shared'
import { callJson } from './api'
import { assistants } from './assistants.svelte'

/** Makes it, or changes the one by that id. */
export const saveAssistant = async (assistant: Assistant): Promise<void> => {
  const { id, ...patch } = assistant
  const saved = assistants.find(id)
    ? await callJson<Assistant>(`/assistants/${id}`, { method: 'PATCH', body: patch })
    : await callJson<Assistant>('/assistants', { method: 'POST', body: assistant })
  const others = assistants.items.filter((one) => one.id !== id)
  assistants.put({ items: [...others, saved].sort((a, b) => a.name.localeCompare(b.name)) })
}

export const removeAssistant = async ({ id }: Assistant): Promise<void> => {
  await callJson(`/assistants/${id}`, { method: 'DELETE' })
  assistants.put({ items: assistants.items.filter((one) => one.id !== id) })
}

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
