import { toComposer } from './to-composer'

/** At the beginning of a conversation one writes at once, unless the keyboard has gone elsewhere meanwhile. */
export const beginAtComposer = () => {
  const at = document.activeElement
  if (!at || at === document.body || at.matches('a[href="/chat"]')) toComposer()
}
