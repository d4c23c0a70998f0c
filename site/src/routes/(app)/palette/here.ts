import type { Conversation } from '@macro-ai/shared'
import { showBranch } from '$lib/chat/branching'
import { conversationMenu } from '$lib/chat/conversation-menu'
import { models } from '$lib/chat/models.svelte'
import type { Thread } from '$lib/chat/thread.svelte'
import { toasts } from '$lib/chat/toasts.svelte'
import type { IconName } from '$lib/design/icons'
import * as m from '$messages'
import { sidebar } from '../sidebar.svelte'
import type { Command, Ungrouped } from './command'

/** What can be done with the conversation that is open. */
export const here = (thread: Thread): Command[] => {
  const { conversation, turn, busy } = thread
  const stop: Ungrouped = { id: 'stop', label: m.commandStop(), icon: 'stop', run: () => thread.stop() }
  const all = [
    ...(turn ? [stop] : busy ? [] : saidHere(thread)),
    ...copied(thread),
    ...(conversation ? kept(conversation) : []),
  ]
  return all.map((command) => ({ ...command, group: m.commandsHere() }))
}

/** What can be said anew while nothing is being answered. */
const saidHere = (thread: Thread): Ungrouped[] => {
  const last = thread.entries.at(-1)
  const mine = thread.entries.findLast(({ role }) => role === 'user')
  if (!last || !mine) return []
  const { ids } = last.siblings
  const [before, after] = [ids[ids.indexOf(last.id) - 1], ids[ids.indexOf(last.id) + 1]]
  const unfinished = last.text !== '' && (last.status === 'stopped' || last.status === 'interrupted')
  const goOn: Ungrouped = {
    id: 'go on',
    label: m.answerContinue(),
    icon: 'right',
    run: () => thread.send(m.answerGoOn()),
  }
  return [
    ...(unfinished ? [goOn] : []),
    { id: 'edit', label: m.commandEdit(), icon: 'edit', run: () => (mine.editing = true) },
    { id: 'again', label: m.answerAgain(), icon: 'retry', run: () => thread.regenerate(last) },
    ...models.list
      .filter(({ id, available }) => available && id !== last.model)
      .map(({ id, label }): Ungrouped => ({
        id: `again ${id}`,
        label: `${m.answerAgain()}: ${label}`,
        icon: 'retry',
        run: () => thread.regenerate(last, id),
      })),
    ...branch('before', m.branchBefore(), 'left', thread, before),
    ...branch('after', m.branchAfter(), 'right', thread, after),
  ]
}

const branch = (
  id: string,
  label: string,
  icon: IconName,
  thread: Thread,
  messageId: string | undefined,
): Ungrouped[] => (messageId === undefined ? [] : [{ id, label, icon, run: () => showBranch(thread, messageId) }])

const copied = ({ entries }: Thread): Ungrouped[] => {
  const answer = entries.findLast(({ role, text }) => role === 'assistant' && text !== '')
  if (!answer) return []
  const aloud = document.querySelector<HTMLElement>(`[data-message="${answer.id}"] [data-does="read-aloud"]`)
  return [
    { id: 'copy', label: m.commandCopy(), icon: 'copy', run: () => copy(answer.text) },
    ...(aloud ? [{ id: 'aloud', label: aloud.title, icon: 'speaker' as const, run: () => aloud.click() }] : []),
  ]
}

const copy = async (text: string) => {
  await navigator.clipboard.writeText(text)
  toasts.show({ text: m.answerCopied() })
}

const kept = (conversation: Conversation): Ungrouped[] =>
  conversationMenu(conversation, () => (sidebar.renaming = { id: conversation.id, at: 'bar' })).map(
    ({ label, icon = 'right', run }) => ({ id: label, label, icon, run }),
  )
