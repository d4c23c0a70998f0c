/** Where the service worker keeps the last answers of the API; see src/service-worker. */
export const savedCache = 'kept'

/** Where it answers for them. */
export const savedAddress = (path: string): string => `/saved${path}`

/** Whether there is a service worker that keeps answers; one of before this version would ask the site for them. */
export const keepsAnswers = async (): Promise<boolean> =>
  Boolean(navigator.serviceWorker?.controller) && (await caches.has(savedCache))

/**
 * What was last answered there: to the person whom this access token is of, or, where nobody can be asked for a token, to
 * the one who was here last. Undefined if nothing was.
 */
export const savedAnswer = async <Value>(path: string, accessToken?: string): Promise<Value | undefined> => {
  if (!(await keepsAnswers())) return undefined
  const headers: HeadersInit = accessToken ? { authorization: `Bearer ${accessToken}` } : {}
  const response = await fetch(savedAddress(path), { headers })
  return response.status === 200 ? ((await response.json()) as Value) : undefined
}
