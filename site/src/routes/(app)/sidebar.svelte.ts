import { archive } from '$lib/chat/conversations.svelte'

/** What the sidebar shows of the conversations, and which of them are being renamed or are selected. */
class SidebarState {
  view = $state<'active' | 'archived'>('active')
  /** The conversation whose name is being written, in its row or in the bar above the messages. */
  renaming = $state.raw<{ id: string; at: 'row' | 'bar' } | null>(null)
  /** The ids of the selected conversations; null while nothing is to be selected. */
  selected = $state.raw<readonly string[] | null>(null)

  show(view: 'active' | 'archived') {
    this.view = view
    this.selected = null
    if (view === 'archived') void archive.refresh()
  }

  isSelected = (id: string) => this.selected?.includes(id) ?? false

  toggle(id: string) {
    const selected = this.selected ?? []
    this.selected = selected.includes(id) ? selected.filter((other) => other !== id) : [...selected, id]
  }
}

export const sidebar = new SidebarState()
