import type { Conversation } from '@macro-ai/shared'
import type { MenuItem } from '$lib/ui/menu'
import * as m from '$messages'
import { archive, pin, remove } from './arranging'

/** All that can be done with a conversation as a whole. */
export const conversationMenu = (conversation: Conversation, rename: () => void): MenuItem[] => {
  const { pinned, archived } = conversation
  return [
    { label: m.rename(), icon: 'edit', run: rename },
    { label: pinned ? m.unpin() : m.pin(), icon: 'pin', run: () => void pin([conversation], !pinned) },
    {
      label: archived ? m.unarchive() : m.archiveIt(),
      icon: 'archive',
      run: () => void archive([conversation], !archived),
    },
    { label: m.deleteIt(), icon: 'trash', danger: true, run: () => void remove([conversation]) },
  ]
}
