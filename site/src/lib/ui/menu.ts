import type { IconName } from '$lib/design/icons'
import { overlay } from './overlay'

export type MenuItem = {
  label: string
  /** A second line, in small print. */
  detail?: string
  icon?: IconName
  danger?: boolean
  /** One of several of which one holds. */
  checked?: boolean
  disabled?: boolean
  run: () => void
}

/** Opens a menu beside the button that asked for it. */
export const openMenu = (anchor: HTMLElement, label: string, items: readonly MenuItem[]) =>
  overlay(() => import('./Menu.svelte'), { anchor, label, items })
