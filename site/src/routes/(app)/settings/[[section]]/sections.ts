import { menuIcons } from '$lib/design/menu-icons'
import { moreIcons } from '$lib/design/more-icons'
import type { Section } from '$lib/sections'
import * as m from '$messages'

export const sections: readonly Section[] = [
  { name: '', label: m.account, icon: moreIcons.person, load: () => import('./account/Account.svelte') },
  { name: 'look', label: m.look, icon: menuIcons.sun, load: () => import('./look/Look.svelte') },
  { name: 'chat', label: m.chat, icon: moreIcons.chat, load: () => import('./chat/Chat.svelte') },
  { name: 'spending', label: m.spending, icon: moreIcons.chart, load: () => import('./spending/Spending.svelte') },
  { name: 'data', label: m.data, icon: moreIcons.database, load: () => import('./data/Data.svelte') },
  { name: 'keys', label: m.keys, icon: moreIcons.key, load: () => import('./keys/Keys.svelte') },
  { name: 'security', label: m.security, icon: moreIcons.shield, load: () => import('./security/Security.svelte') },
]
