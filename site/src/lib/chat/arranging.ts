import { goto } from '$app/navigation'
import { page } from '$app/state'
import type { Conversation, ConversationPatch } from '@macro-ai/shared'
import { tick } from 'svelte'
import * as m from '$messages'
import { callJson } from './api'
import { changeConversation, putConversation } from './changing'
import { archive as archived, conversations, findConversation } from './conversations.svelte'
import { tellTabs } from './tabs'
import { endThread } from './threads'
import { tellTrouble, toasts } from './toasts.svelte'

/** Changes to conversations, one or many, that are said and can be taken back. Each is made, or fails, by itself. */
type Change = {
  said: (count: { count: number }) => string
  make: (id: string) => Promise<unknown>
  undo: (was: Conversation) => Promise<unknown>
}

const arrange = async (chosen: readonly Conversation[], { said, make, undo }: Change) => {
  const outcomes = await Promise.allSettled(chosen.map(({ id }) => make(id)))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) tellTrouble(failed.reason)
  const done = chosen.filter((_, index) => outcomes[index]?.status === 'fulfilled')
  if (failed || done.length === 0) return
  const takeBack = () => void Promise.all(done.map(undo)).catch(tellTrouble)
  toasts.show({ text: said({ count: done.length }), action: { label: m.undo(), run: takeBack } })
}

const patched = (patch: ConversationPatch) => (id: string) => changeConversation(id, patch)

/** A row that has come to another place takes the keyboard with it. */
const following = async <Value>(id: string | undefined, work: Promise<Value>): Promise<Value> => {
  await tick()
  if (document.activeElement === document.body)
    document.querySelector<HTMLElement>(`aside .row > a[href="/chat/${id}"]`)?.focus()
  return work
}

export const pin = (chosen: readonly Conversation[], pinned: boolean) =>
  following(
    chosen[0]?.id,
    arrange(chosen, {
      said: pinned ? m.saidPinned : m.saidUnpinned,
      make: patched({ pinned }),
      undo: (was) => following(was.id, changeConversation(was.id, { pinned: was.pinned })),
    }),
  )

/** Who goes through the list by the keyboard goes on at what has come into the place of what went. */
const keepingPlace = (work: Promise<void>): Promise<void> => {
  const rows = () => [...document.querySelectorAll<HTMLElement>('aside .row')]
  const all = rows()
  const at = all.findIndex((row) => row.contains(document.activeElement))
  if (at >= 0)
    void tick().then(() => {
      if (!all[at]?.isConnected)
        rows()
          .at(Math.min(at, rows().length - 1))
          ?.querySelector('a')
          ?.focus()
    })
  return work
}

/** Who puts away what is being read lands on a new page; taking it back leads there again. */
const leaving = (chosen: readonly Conversation[], change: Change) => {
  const here = chosen.find(({ id }) => id === page.params.id)
  if (here) void goto('/chat', { keepFocus: true })
  return keepingPlace(
    arrange(chosen, {
      ...change,
      undo: async (was) => {
        await change.undo(was)
        if (was === here) await goto(`/chat/${was.id}`)
      },
    }),
  )
}

export const archive = (chosen: readonly Conversation[], archived: boolean) => {
  const change: Change = {
    said: archived ? m.saidArchived : m.saidUnarchived,
    make: patched({ archived }),
    undo: (was) => following(was.id, changeConversation(was.id, { archived: was.archived })),
  }
  return archived ? leaving(chosen, change) : arrange(chosen, change)
}

const removeConversation = async (id: string) => {
  const before = findConversation(id)
  endThread(id)
  conversations.drop(id)
  archived.drop(id)
  try {
    await callJson(`/conversations/${id}`, { method: 'DELETE' })
    tellTabs({ type: 'conversation', id })
  } catch (thrown) {
    if (before) putConversation(before)
    throw thrown
  }
}

export const restoreConversation = async (id: string) => {
  putConversation(await callJson<Conversation>(`/conversations/${id}/restore`, { method: 'POST' }))
  tellTabs({ type: 'conversation', id })
}

export const remove = (chosen: readonly Conversation[]) =>
  leaving(chosen, {
    said: m.saidDeleted,
    make: removeConversation,
    undo: (was) => restoreConversation(was.id),
  })
