import { goto } from '$app/navigation'
import { page } from '$app/state'
import type { Conversation } from '@macro-ai/shared'
import type { MenuItem } from '$lib/ui/menu'
import { overlay } from '$lib/ui/overlay'
import * as m from '$messages'
import { archive, pin, remove } from './arranging'
import type * as Keeping from './keeping'
import { person } from './me.svelte'
import { tellTrouble } from './toasts.svelte'

const keeping = (act: (kept: typeof Keeping) => Promise<void>) => () =>
  void import('./keeping').then(act).catch(tellTrouble)

/** All that can be done with a conversation as a whole. Printing is of the one that is open. */
export const conversationMenu = (conversation: Conversation, rename: () => void, ...more: MenuItem[]): MenuItem[] => {
  const { id, pinned, archived } = conversation
  const thread = page.data.thread
  const instruct = () => void overlay(() => import('./Instructions.svelte'), { conversation })
  const look = () => void overlay(() => import('$lib/knowledge/LookInto.svelte'), { conversation })
  const share = () => void overlay(() => import('./Sharing.svelte'), { conversation })
  const print: MenuItem[] =
    thread?.id === id ? [{ label: m.exportPrint(), icon: 'document', run: keeping((kept) => kept.print(thread)) }] : []
  return [
    { label: m.rename(), icon: 'edit', run: rename },
    { label: pinned ? m.unpin() : m.pin(), icon: 'pin', run: () => void pin([conversation], !pinned) },
    { label: m.instructions(), icon: 'settings', run: instruct },
    ...(person.me?.knowledge ? [{ label: m.lookInto(), icon: 'library' as const, run: look }] : []),
    { label: m.searchWithin(), icon: 'search', run: () => void goto(`/search?in=${id}`) },
    { label: m.share(), icon: 'share', run: share },
    { label: m.exportMarkdown(), icon: 'download', run: keeping((kept) => kept.saveMarkdown(id)) },
    { label: m.exportJson(), icon: 'download', run: keeping((kept) => kept.saveJson(id)) },
    ...print,
    ...more,
    {
      label: archived ? m.unarchive() : m.archiveIt(),
      icon: 'archive',
      run: () => void archive([conversation], !archived),
    },
    { label: m.deleteIt(), icon: 'trash', danger: true, run: () => void remove([conversation]) },
  ]
}
