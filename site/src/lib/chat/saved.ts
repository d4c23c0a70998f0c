/** Where the service worker keeps the last answers of the API for when there is no network; see src/service-worker. */
export const savedCache = 'saved'

export const savedAddress = (path: string): string => `/saved${path}`

/** What was last answered there, if there is no network to ask. */
export const savedAnswer = async <Value>(path: string): Promise<Value | undefined> => {
  if (navigator.onLine || !('caches' in globalThis)) return undefined
  const found = await caches.match(savedAddress(path), { cacheName: savedCache })
  return found && ((await found.json()) as Value)
}
