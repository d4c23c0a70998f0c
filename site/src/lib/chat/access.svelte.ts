import { signOut } from './leave'
import { CallFailed, readProblem } from './problem'
import { hearTabs, tellTabs } from './tabs'

/** The right to call the API, and where it is. It lives in this variable and nowhere else. */
export type Access = { accessToken: string; expiresAtMs: number; apiUrl: string }

/** Whether this browser's session is known to be over. */
export const session = $state({ over: false })

let access: Access | undefined
let asking: Promise<Access> | undefined

const hold = (held: Access | undefined) => {
  access = held
  session.over = held === undefined
}

hearTabs((hint) => {
  if (hint.type === 'signed-out') hold(undefined)
  // They signed out on purpose: nothing of theirs stays on any screen. The other tab's sign-out may be still on its way.
  else if (hint.type === 'left') signOut()
  // Whoever signed in again may be somebody else: nothing of the one before stays on the page.
  else if (hint.type === 'access' && session.over) location.reload()
  else if (hint.type === 'access') hold(hint)
})

const lives = (held: Access | undefined): held is Access => held !== undefined && held.expiresAtMs - Date.now() > 30_000

/** Access that lives. `refused` is one the API would not take: another is fetched in its place, once for all tabs. */
export const getAccess = (refused?: Access): Promise<Access> => {
  if (lives(access) && access.accessToken !== refused?.accessToken) return Promise.resolve(access)
  return (asking ??= oneTabAtATime(() => ask(refused)).finally(() => (asking = undefined)))
}

const oneTabAtATime = <Result>(task: () => Promise<Result>): Promise<Result> =>
  'locks' in navigator ? navigator.locks.request('macro-ai:access', task) : task()

const ask = async (refused: Access | undefined): Promise<Access> => {
  // While this tab waited for the lock, another may have told us what it got.
  if (lives(access) && access.accessToken !== refused?.accessToken) return access
  const response = await fetch('/session/token', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ fresh: refused !== undefined }),
  })
  if (response.status === 401) {
    hold(undefined)
    tellTabs({ type: 'signed-out' })
    throw new CallFailed({ code: 'signed_out' })
  }
  if (!response.ok) throw new CallFailed(await readProblem(response))
  const given = (await response.json()) as { accessToken: string; expiresIn: number; apiUrl: string }
  const { accessToken, expiresIn, apiUrl } = given
  const held = { accessToken, apiUrl, expiresAtMs: Date.now() + expiresIn * 1000 }
  hold(held)
  tellTabs({ type: 'access', ...held })
  return held
}
