import type { Conversation } from '@macro-ai/shared'
import type { MenuItem } from '$lib/ui/menu'
import { archive, pin, remove } from './arranging'

/** All that can be done with a conversation as a whole. */
export const conversationMenu = (conversation: Conversation, rename: () => void): MenuItem[] => {
  const { pinned, archived } = conversation
  return [
    { label: 'Rename', icon: 'edit', run: rename },
    { label: pinned ? 'Unpin' : 'Pin', icon: 'pin', run: () => void pin([conversation], !pinned) },
    { label: archived ? 'Unarchive' : 'Archive', icon: 'archive', run: () => void archive([conversation], !archived) },
    { label: 'Delete', icon: 'trash', danger: true, run: () => void remove([conversation]) },
  ]
}
