import type { Tokens } from '@macro-ai/shared'
import type { Cookies, RequestEvent } from '@sveltejs/kit'
import { seal, unseal, type Purpose } from './seal'

export type Session = { refreshToken: string; email?: string }
export type Access = { accessToken: string; expiresAtMs: number }
/** A sign-up to confirm, a password to reset or a challenge to answer: what the form's next step must know. */
export type Pending = { email: string; challengeSession?: string }

/** As long as a refresh token may live; each refresh starts it again. */
const sessionSeconds = 30 * 24 * 60 * 60
const pendingSeconds = 15 * 60

type Event = Pick<RequestEvent, 'cookies' | 'url'>

/** Over https the name's prefix makes browsers insist on Secure, Path=/ and this very host. */
const cookieName = (url: URL, purpose: Purpose) => (url.protocol === 'https:' ? `__Host-${purpose}` : purpose)

const write = async ({ cookies, url }: Event, purpose: Purpose, content: object, maxAgeSeconds: number) =>
  cookies.set(cookieName(url, purpose), await seal(purpose, { ...content }, maxAgeSeconds), {
    ...cookieOptions(url),
    maxAge: Math.floor(maxAgeSeconds),
  })

const cookieOptions = (url: URL) =>
  ({ path: '/', httpOnly: true, sameSite: 'lax', secure: url.protocol === 'https:' }) satisfies Parameters<
    Cookies['delete']
  >[1]

const read = async <Content>({ cookies, url }: Event, purpose: Purpose): Promise<Content | undefined> => {
  const sealed = cookies.get(cookieName(url, purpose))
  return sealed ? unseal<Content>(purpose, sealed) : undefined
}

const erase = ({ cookies, url }: Event, purpose: Purpose) =>
  cookies.delete(cookieName(url, purpose), cookieOptions(url))

export const readSession = (event: Event) => read<Session>(event, 'session')
export const readAccess = (event: Event) => read<Access>(event, 'access')
export const readPending = (event: Event) => read<Pending>(event, 'pending')
export const writePending = (event: Event, pending: Pending) => write(event, 'pending', pending, pendingSeconds)
export const erasePending = (event: Event) => erase(event, 'pending')

/**
 * Keeps a signed-in person's tokens. The two live in cookies of their own, as together they would outgrow the 4 kB a
 * browser allows; the access token is kept so that a reload need not refresh.
 */
export const writeSession = async (event: Event, tokens: Tokens, email?: string): Promise<Access> => {
  const access = { accessToken: tokens.accessToken, expiresAtMs: Date.now() + tokens.expiresIn * 1000 }
  await write(event, 'session', { refreshToken: tokens.refreshToken, email }, sessionSeconds)
  await write(event, 'access', access, tokens.expiresIn)
  return access
}

export const eraseSession = (event: Event) => {
  erase(event, 'session')
  erase(event, 'access')
}
