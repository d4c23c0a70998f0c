import { goto } from '$app/navigation'
import { overlay } from '$lib/ui/overlay'

/** What the platform calls its key for commands. */
export const commandKey = () => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl+')

export const openPalette = () => overlay(() => import('./palette/Palette.svelte'), {})
export const openHelp = () => overlay(() => import('./palette/Help.svelte'), {})

/** With Ctrl or ⌘, by key; a capital means Shift as well. */
const shortcuts: Record<string, () => unknown> = {
  k: openPalette,
  '/': openHelp,
  O: () => goto('/chat'),
  F: () => goto('/search'),
}

export const onshortcut = (event: KeyboardEvent) => {
  const { ctrlKey, metaKey, altKey, shiftKey, key } = event
  const shortcut = shortcuts[shiftKey && key.length === 1 ? key.toUpperCase() : key]
  // What lies over the page has the keys.
  if (!shortcut || ctrlKey === metaKey || altKey || document.querySelector('dialog[open]')) return
  event.preventDefault()
  void shortcut()
}
