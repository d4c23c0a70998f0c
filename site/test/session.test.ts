import type { Cookies } from '@sveltejs/kit'
import { beforeEach, describe, expect, test, vi } from 'vitest'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64url')
const [older, newer] = [key(1), key(2)]

/** The session's code as a server has it that was started with these keys. */
const startedWith = async (keys: string) => {
  vi.resetModules()
  const { env } = await import('$env/dynamic/private')
  Object.assign(env, { API_URL: 'https://api.test', PUBLIC_API_URL: 'https://api.test', SESSION_KEYS: keys })
  return { ...(await import('$lib/server/seal')), ...(await import('$lib/server/session')) }
}

type Set = Parameters<Cookies['set']>
/** A browser's cookies, as far as a server sees them. */
const browser = (address: string) => {
  const jar = new Map<string, { value: string; options: Set[2] }>()
  const cookies = {
    get: (name: string) => jar.get(name)?.value,
    set: (...[name, value, options]: Set) => void jar.set(name, { value, options }),
    delete: (name: string) => void jar.delete(name),
    getAll: () => [...jar].map(([name, { value }]) => ({ name, value })),
    serialize: () => '',
  } satisfies Cookies
  return { jar, event: { cookies, url: new URL(address) } }
}

/** As long as Cognito makes them. */
const tokens = { accessToken: 'a'.repeat(1_100), refreshToken: 'r'.repeat(1_900), expiresIn: 600 }
const email = 'ada@example.org'

beforeEach(() => void vi.useRealTimers())

describe('a session', () => {
  test('outlives a change of keys, is sealed with the newest, and ends when its key is gone', async () => {
    const { jar, event } = browser('https://chat.test/')
    await (await startedWith(older)).writeSession(event, tokens, email)
    const during = await startedWith(`${newer},${older}`)
    expect(await during.readSession(event)).toMatchObject({ refreshToken: tokens.refreshToken, email })
    const after = await startedWith(newer)
    expect(await after.readSession(event)).toBeUndefined()

    await during.writeSession(event, tokens, email)
    expect(await after.readSession(event)).toMatchObject({ email })
    expect(jar.size).toBe(2)
  })

  test('opens for what it was made for, while it lives, as it was made', async () => {
    const { seal, unseal } = await startedWith(older)
    const sealed = await seal('session', { refreshToken: 'secret' }, 60)
    expect(await unseal('session', sealed)).toMatchObject({ refreshToken: 'secret' })
    expect(await unseal('access', sealed)).toBeUndefined()
    for (let at = 0; at < sealed.length; at += 7) {
      const letter = sealed[at] === 'A' ? 'B' : 'A'
      expect(await unseal('session', sealed.slice(0, at) + letter + sealed.slice(at + 1)), `${at}`).toBeUndefined()
    }
    for (const forged of ['', 'x', '....', `${sealed}.`, sealed.slice(0, -5)])
      expect(await unseal('session', forged)).toBeUndefined()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })
    expect(await unseal('session', sealed)).toBeUndefined()
  })

  test('lies in cookies that only this host and no script can read, small enough for any browser', async () => {
    const { jar, event } = browser('https://chat.test/')
    const { writeSession, eraseSession } = await startedWith(older)
    await writeSession(event, tokens, email)
    expect([...jar.keys()].sort()).toEqual(['__Host-access', '__Host-session'])
    for (const [name, { value, options }] of jar) {
      expect(options).toMatchObject({ path: '/', httpOnly: true, secure: true, sameSite: 'lax' })
      expect(options).not.toHaveProperty('domain')
      expect(name.length + value.length).toBeLessThan(4_096)
      expect(value).not.toContain('aaaa')
      expect(value).not.toContain('rrrr')
    }
    eraseSession(event)
    expect(jar.size).toBe(0)
  })

  test('does not begin on a server whose keys are missing or short', async () => {
    for (const keys of ['', 'c2hvcnQ', `${older},c2hvcnQ`]) {
      const { seal } = await startedWith(keys)
      await expect(Promise.resolve().then(() => seal('session', {}, 1))).rejects.toThrow('SESSION_KEYS')
    }
  })
})

test('signing in leads to a page of ours and nowhere else', async () => {
  const { ownPath } = await import('$lib/server/form')
  expect(ownPath('/chat/0190-a_b~c.d')).toBe('/chat/0190-a_b~c.d')
  const away = [
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/%0d%0aSet-Cookie:x',
    '/a\r\nb',
  ]
  for (const path of [...away, '/\t/evil.example', '', null, undefined]) expect(ownPath(path)).toBe('/chat')
})
