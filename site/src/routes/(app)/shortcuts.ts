import { goto } from '$app/navigation'
import { overlay } from '$lib/ui/overlay'
import * as m from '$messages'
import { toggleSidebar } from './drawer.svelte'

/** What the platform calls its key for commands. */
export const commandKey = () => (/Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl+')

/** While the palette is on its way a bare field of app.html stands in its place; what is typed goes over from there. */
export const openPalette = async () => {
  const early = document.querySelector('#early') as HTMLDialogElement
  const field = early.firstElementChild as HTMLInputElement
  field.ariaLabel = m.palette()
  field.value = ''
  early.showModal()
  const part = import('./palette/Palette.svelte')
  await part.catch(() => {})
  const wanted = early.open
  early.close()
  if (wanted) await overlay(() => part, { typed: field.value })
}
export const openHelp = () => overlay(() => import('./palette/Help.svelte'), {})

/** With Ctrl or ⌘, by key; a capital means Shift as well. */
const shortcuts: Record<string, () => unknown> = {
  k: openPalette,
  '/': openHelp,
  O: () => goto('/chat'),
  F: () => goto('/search'),
  S: toggleSidebar,
}

export const onshortcut = (event: KeyboardEvent) => {
  const { ctrlKey, metaKey, altKey, shiftKey, key } = event
  const shortcut = shortcuts[shiftKey && key.length === 1 ? key.toUpperCase() : key]
  // What lies over the page has the keys.
  if (!shortcut || ctrlKey === metaKey || altKey || document.querySelector('dialog[open]')) return
  event.preventDefault()
  void shortcut()
}
