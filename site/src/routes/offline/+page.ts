/** Shown by the service worker in place of a page that it has no copy of: it must need no script. */
export const prerender = true
export const csr = false
