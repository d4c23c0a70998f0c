import { goto } from '$app/navigation'
import { assistants } from '$lib/chat/assistants.svelte'
import { conversations } from '$lib/chat/conversations.svelte'
import { person } from '$lib/chat/me.svelte'
import { nameOf } from '$lib/chat/name'
import { lookOf } from '$lib/design/look'
import type { Section } from '$lib/sections'
import * as m from '$messages'
import { sections as adminSections } from '../admin/[[section]]/sections'
import { drawer, toggleSidebar } from '../drawer.svelte'
import { sections as settingsSections } from '../settings/[[section]]/sections'
import { commandKey, openHelp } from '../shortcuts'
import { sidebar } from '../sidebar.svelte'
import type { Command } from './command'

/** Where one can go from everywhere, and what can be done there. */
export const anywhere = (): Command[] => {
  const group = m.commandsAnywhere()
  const show = (change: () => void) => () => {
    if (drawer.narrow ? !drawer.open : lookOf('sidebar')) toggleSidebar()
    change()
  }
  return [
    { id: 'new', group, label: m.newChat(), icon: 'plus', keys: `${commandKey()}⇧O`, run: () => goto('/chat') },
    { id: 'search', group, label: m.search(), icon: 'search', keys: `${commandKey()}⇧F`, run: () => goto('/search') },
    { id: 'assistants', group, label: m.assistants(), icon: 'spark', run: () => goto('/assistants') },
    { id: 'library', group, label: m.library(), icon: 'library', run: () => goto('/library') },
    { id: 'archive', group, label: m.archived(), icon: 'archive', run: show(() => sidebar.show('archived')) },
    { id: 'select', group, label: m.selectSeveral(), icon: 'check', run: show(() => (sidebar.selected = [])) },
    {
      ...{ id: 'sidebar', group, label: m.toggleSidebar(), icon: 'menu', keys: `${commandKey()}⇧S` },
      run: toggleSidebar,
    },
    { id: 'keys', group, label: m.keyboard(), icon: 'keyboard', keys: `${commandKey()}/`, run: openHelp },
    { id: 'out', group, label: m.signOut(), icon: 'signOut', run: signOut },
  ]
}

/** Each page of the settings, and those for the owner. */
export const settings = (): Command[] => [
  ...pages(m.settings(), '/settings', settingsSections),
  ...(person.me?.admin ? pages(m.forOwner(), '/admin', adminSections) : []),
]

const pages = (group: string, base: string, sections: readonly Section[]): Command[] =>
  sections.map(({ name, label }) => ({
    id: `${base} ${name}`,
    group,
    label: `${group}: ${label()}`,
    icon: 'settings',
    run: () => goto(name ? `${base}/${name}` : base),
  }))

const signOut = () => document.querySelector<HTMLFormElement>('form[action="/sign-out"]')?.requestSubmit()

/** Everything by its name: assistants to begin with, and the conversations that the sidebar has. */
export const named = (): Command[] => [
  ...assistants.items.map(({ id, name }): Command => ({
    id: `assistant ${id}`,
    group: m.assistants(),
    label: `${m.startChat()}: ${name}`,
    icon: 'spark',
    run: () => goto(`/chat?assistant=${id}`),
  })),
  ...conversations.items.map((conversation): Command => ({
    id: conversation.id,
    group: m.conversations(),
    label: nameOf(conversation),
    icon: 'chat',
    run: () => goto(`/chat/${conversation.id}`),
  })),
]
