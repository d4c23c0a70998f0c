import { goto } from '$app/navigation'
import { page } from '$app/state'
import type { Conversation } from '@macro-ai/shared'
import { conversationMenu } from '$lib/chat/conversation-menu'
import { conversations } from '$lib/chat/conversations.svelte'
import { models } from '$lib/chat/models.svelte'
import type { Thread } from '$lib/chat/thread.svelte'
import { tellTrouble, toasts } from '$lib/chat/toasts.svelte'
import type { IconName } from '$lib/design/icons'
import { setLook } from '$lib/design/look'
import * as m from '$messages'
import { drawer } from '../drawer.svelte'
import { commandKey, openHelp } from '../shortcuts'
import { sidebar } from '../sidebar.svelte'

export type Command = {
  id: string
  group: string
  label: string
  icon: IconName
  keys?: string
  detail?: string
  run: () => unknown
}

/** Everything that can be done from where the reader is: what is at hand first, then where one can go. */
export const commands = (): Command[] => {
  const thread = page.data.thread as Thread | undefined
  return [...(thread ? here(thread) : []), ...anywhere(), ...choices(thread), ...places()]
}

type Here = Omit<Command, 'group'>

const here = (thread: Thread): Command[] => {
  const { conversation, turn } = thread
  const stop: Here = { id: 'stop', label: m.commandStop(), icon: 'stop', run: () => thread.stop() }
  const all = [...(turn ? [stop] : saidHere(thread)), ...copied(thread), ...(conversation ? kept(conversation) : [])]
  return all.map((command) => ({ ...command, group: m.commandsHere() }))
}

/** What can be said anew while nothing is being answered. */
const saidHere = (thread: Thread): Here[] => {
  const last = thread.entries.at(-1)
  const mine = thread.entries.findLast(({ role }) => role === 'user')
  if (!last || !mine) return []
  const { ids } = last.siblings
  const [before, after] = [ids[ids.indexOf(last.id) - 1], ids[ids.indexOf(last.id) + 1]]
  return [
    { id: 'edit', label: m.commandEdit(), icon: 'edit', run: () => (mine.editing = true) },
    { id: 'again', label: m.answerAgain(), icon: 'retry', run: () => thread.regenerate(last) },
    ...branch('before', m.branchBefore(), 'left', thread, before),
    ...branch('after', m.branchAfter(), 'right', thread, after),
  ]
}

const branch = (id: string, label: string, icon: IconName, thread: Thread, messageId: string | undefined): Here[] =>
  messageId === undefined ? [] : [{ id, label, icon, run: () => thread.showBranch(messageId) }]

const copied = ({ entries }: Thread): Here[] => {
  const answer = entries.findLast(({ role, text }) => role === 'assistant' && text !== '')
  return answer ? [{ id: 'copy', label: m.commandCopy(), icon: 'copy', run: () => copy(answer.text) }] : []
}

const kept = (conversation: Conversation): Here[] =>
  conversationMenu(conversation, () => (sidebar.renaming = { id: conversation.id, at: 'bar' })).map(
    ({ label, icon = 'right', run }) => ({ id: label, label, icon, run }),
  )

const copy = async (text: string) => {
  await navigator.clipboard.writeText(text)
  toasts.show({ text: m.answerCopied() })
}

const anywhere = (): Command[] => {
  const group = m.commandsAnywhere()
  const show = (change: () => void) => () => {
    drawer.open = true
    change()
  }
  return [
    { id: 'new', group, label: m.newChat(), icon: 'plus', keys: `${commandKey()}⇧O`, run: () => goto('/chat') },
    { id: 'search', group, label: m.search(), icon: 'search', keys: `${commandKey()}⇧F`, run: () => goto('/search') },
    { id: 'assistants', group, label: m.assistants(), icon: 'spark', run: () => goto('/assistants') },
    { id: 'archive', group, label: m.archived(), icon: 'archive', run: show(() => sidebar.show('archived')) },
    { id: 'select', group, label: m.selectSeveral(), icon: 'check', run: show(() => (sidebar.selected = [])) },
    { id: 'settings', group, label: m.settings(), icon: 'settings', run: () => goto('/settings') },
    { id: 'keys', group, label: m.keyboard(), icon: 'keyboard', keys: `${commandKey()}/`, run: openHelp },
    { id: 'out', group, label: m.signOut(), icon: 'signOut', run: signOut },
  ]
}

const signOut = () => document.querySelector<HTMLFormElement>('form[action="/sign-out"]')?.requestSubmit()

const choices = (thread: Thread | undefined): Command[] => [
  ...(thread ? models.list.filter(({ available }) => available) : []).map(({ id, label }): Command => ({
    id: `model ${id}`,
    group: m.model(),
    label: m.modelNamed({ name: label }),
    icon: 'spark',
    run: () => thread?.chooseModel(id),
  })),
  { id: 'light', group: m.theme(), label: m.themeLight(), icon: 'sun', run: () => setLook('theme', 'light') },
  { id: 'dark', group: m.theme(), label: m.themeDark(), icon: 'moon', run: () => setLook('theme', 'dark') },
  { id: 'system', group: m.theme(), label: m.themeSystem(), icon: 'monitor', run: () => setLook('theme', '') },
]

const places = (): Command[] =>
  conversations.items.map(({ id, title }) => ({
    id,
    group: m.conversations(),
    label: title || m.newChat(),
    icon: 'chat',
    run: () => goto(`/chat/${id}`),
  }))

/** Runs it once the palette has gone; what it stumbles over is said. */
export const run = async (command: Command) => {
  try {
    await command.run()
  } catch (thrown) {
    tellTrouble(thrown)
  }
}
