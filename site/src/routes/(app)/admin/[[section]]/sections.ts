import { moreIcons } from '$lib/design/more-icons'
import type { Section } from '$lib/sections'
import * as m from '$messages'

export const sections: readonly Section[] = [
  { name: '', label: m.board, icon: moreIcons.gauge, load: () => import('./board/Board.svelte') },
  { name: 'people', label: m.people, icon: moreIcons.people, load: () => import('./people/People.svelte') },
  {
    name: 'invitations',
    label: m.invitations,
    icon: moreIcons.mail,
    load: () => import('./invitations/Invitations.svelte'),
  },
  { name: 'instance', label: m.instance, icon: moreIcons.shield, load: () => import('./Instance.svelte') },
]
