import { base } from '$app/paths'
import { getAccess, session, type Access } from './access.svelte'
import { CallFailed, readProblem } from './problem'
import { savedAnswer } from './saved'

/** A call's outcome arrives within this, or it counts as a lost connection. Streams are bounded by their own keep-alive. */
const timeoutMs = 20_000

type Call = { method?: string; body?: unknown; headers?: Record<string, string>; signal?: AbortSignal }

/** Calls the API as the signed-in person. Throws `CallFailed` for a problem, and what fetch throws for a lost connection. */
export const call = async (path: string, options: Call = {}): Promise<Response> => {
  const access = await getAccess()
  let response = await send(access, path, options)
  // The token may have been revoked, or our clock may be off: a fresh one tells.
  if (response.status === 401) response = await send(await getAccess(access), path, options)
  if (response.status === 401) {
    // Its cookie lives, and yet the API lets nobody in with it: an account that was disabled, for one.
    session.over = true
    throw new CallFailed({ code: 'signed_out' })
  }
  if (!response.ok) throw new CallFailed(await readProblem(response))
  return response
}

/**
 * Cloudflare's page for used-up requests may lack the header that lets a page read it: then all one sees is a lost
 * connection, to the API alone while the site still answers.
 */
const whyLost = async (thrown: unknown): Promise<unknown> => {
  if (!(thrown instanceof TypeError)) return thrown
  const site = await fetch(`${base}/_app/version.json`, { cache: 'no-store' }).catch(() => undefined)
  return site?.ok ? new CallFailed({ code: 'unreachable' }) : thrown
}

const send = ({ accessToken, apiUrl }: Access, path: string, { method = 'GET', body, headers, signal }: Call) =>
  fetch(apiUrl + path, {
    method,
    headers: {
      ...headers,
      authorization: `Bearer ${accessToken}`,
      ...(body !== undefined && !(body instanceof Blob) && { 'content-type': 'application/json' }),
    },
    body: body === undefined || body instanceof Blob ? body : JSON.stringify(body),
    signal,
    cache: 'no-store',
    // Whoever renames something and leaves the page at once has renamed it.
    keepalive: method === 'PATCH',
  }).catch(async (thrown: unknown) => Promise.reject((await whyLost(thrown)) as Error))

/** A call whose answer is JSON; its shape is the contract's, which the Worker holds. */
export const callJson = async <Value>(path: string, options: Call = {}): Promise<Value> => {
  const saved = options.method || navigator.onLine ? undefined : await savedAnswer<Value>(path)
  if (saved) return saved
  const response = await call(path, { signal: AbortSignal.timeout(timeoutMs), ...options })
  return (response.status === 204 ? undefined : await response.json()) as Value
}

/** The same, which first hands on what was answered there last, unless the new answer is quicker. */
export const callJsonTwice = async <Value>(path: string, early: (saved: Value) => void): Promise<Value> => {
  let answered = false
  const looked = getAccess()
    .then(({ accessToken }) => savedAnswer<Value>(path, accessToken))
    .then((saved) => saved && !answered && early(saved))
    .catch(() => undefined)
  try {
    const value = await callJson<Value>(path)
    answered = true
    return value
  } catch (thrown) {
    // A failure may be quicker too.
    await looked
    throw thrown
  }
}
