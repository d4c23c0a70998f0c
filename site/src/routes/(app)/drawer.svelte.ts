import { lookOf, setLook } from '$lib/design/look'

/** Where a narrow screen has the sidebar lie over the page, and whether it is open there. */
export const drawer = $state({ narrow: false, open: false })

/** Opens or closes the sidebar. Beside the page it stays so, in this browser, and the keyboard is led to the way back. */
export const toggleSidebar = () => {
  if (drawer.narrow) {
    drawer.open = !drawer.open
    return
  }
  const opens = lookOf('sidebar')
  setLook('sidebar', opens ? '' : 'closed')
  document.querySelector<HTMLElement>(opens ? 'aside .close' : 'main .menu')?.focus()
}
