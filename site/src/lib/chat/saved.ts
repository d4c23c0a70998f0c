/** Where the service worker keeps the last answers of the API, and answers for them itself; see src/service-worker. */
export const savedAddress = (path: string): string => `/saved${path}`

/**
 * What was last answered there: to the person whom this access token is of, or, where nobody can be asked for a token, to
 * the one who was here last. Undefined if there is none, or no service worker.
 */
export const savedAnswer = async <Value>(path: string, accessToken?: string): Promise<Value | undefined> => {
  if (!navigator.serviceWorker?.controller) return undefined
  const headers: HeadersInit = accessToken ? { authorization: `Bearer ${accessToken}` } : {}
  const response = await fetch(savedAddress(path), { headers })
  return response.status === 200 ? ((await response.json()) as Value) : undefined
}
