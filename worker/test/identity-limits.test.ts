import { newId } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { networkOf } from '../src/middleware/limit.ts'
import { readSettings } from '../src/settings.ts'
import { call, newPerson, ok, password, problem } from './support/api.ts'
import { fault, noFaults, redis, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'

beforeEach(noFaults)

type Worker = ReturnType<typeof workerWith>
const newEmail = () => `${newId()}@example.org`
const newAddress = () => `2001:db8:${newId().slice(-4)}:${newId().slice(-8, -4)}::1`
const tight = { AUTH_LIMIT_PER_ACCOUNT: '3', AUTH_LIMIT_PER_ADDRESS: '8', AUTH_FLOOR_MS: '0' }
const wrong = { password: 'Wrong-h0rse 1' }

const guess = (worker: Worker, email: string, headers: Record<string, string> = {}) =>
  worker('post', '/auth/sign-in', {
    body: { email, ...wrong },
    headers: { 'cf-connecting-ip': newAddress(), ...headers },
  })

const limited = async (answer: Response | Promise<Response>) => {
  const got = await answer
  const retryAfter = Number(got.headers.get('retry-after'))
  await problem(got, 'rate_limited')
  expect(retryAfter).toBeGreaterThanOrEqual(1)
  expect(retryAfter).toBeLessThanOrEqual(600)
}

describe('guessing', () => {
  test('at one account is limited over all addresses and locations, for a real and an unknown one alike', async () => {
    const [here, there] = [workerWith(tight), workerWith(tight)]
    const known = newEmail()
    await ok(call('post', '/auth/sign-up', { body: { email: known, password } }), 202)
    await ok(call('post', '/auth/confirm', { body: { email: known, code: '123456' } }), 204)
    for (const email of [known, newEmail()]) {
      for (const worker of [here, there, here]) await problem(guess(worker, email), 'unauthenticated')
      await limited(guess(there, email.toUpperCase()))
      await limited(guess(here, email))
      await limited(here('post', '/auth/sign-in', { body: { email, password } }))
    }
    await problem(guess(here, newEmail()), 'unauthenticated')
  })

  test('from one address is limited over all accounts, where the site says who asks and proves that it is the site', async () => {
    const worker = workerWith(tight)
    const { SITE_SECRET = '' } = readSettings(env)
    const address = newAddress()
    const bySite = { 'x-client-address': address, 'x-site-secret': SITE_SECRET, 'cf-connecting-ip': '192.0.2.7' }
    for (let tries = 0; tries < 8; tries++) await problem(guess(worker, newEmail(), bySite), 'unauthenticated')
    await limited(guess(worker, newEmail(), bySite))
    // The same household by another of its addresses, without the site between.
    await limited(guess(worker, newEmail(), { 'cf-connecting-ip': address.replace('::1', '::beef') }))
    await problem(guess(worker, newEmail(), { ...bySite, 'x-client-address': newAddress() }), 'unauthenticated')
    for (const proof of ['', 'another secret', `${SITE_SECRET}x`, SITE_SECRET.slice(1)]) {
      const spoofed = { 'x-client-address': newAddress(), 'x-site-secret': proof, 'cf-connecting-ip': address }
      await limited(guess(worker, newEmail(), spoofed))
    }
  })

  test('is limited more, not less, while the cache is away or slow', async () => {
    const worker = workerWith({ ...tight, AUTH_LIMIT_PER_ACCOUNT: '10' })
    for (const kind of ['down', 'hang', '429', 'malformed'] as const) {
      await fault({ target: 'cache', kind })
      const email = newEmail()
      for (let tries = 0; tries < 2; tries++) await problem(guess(worker, email), 'unauthenticated')
      await limited(guess(worker, email))
      await noFaults()
    }
  })

  test('leaves no address of anybody in the cache', async () => {
    const email = newEmail()
    await guess(workerWith(tight), email)
    const result = await redis<string[]>('KEYS', '*')
    expect(result.some((key) => key.startsWith('limit:sign-in:account:'))).toBe(true)
    expect(JSON.stringify(result)).not.toContain(email)
  })
})

test.for([
  ['sign-up', { password }],
  ['confirm', { code: '000000' }],
  ['resend', {}],
  ['sign-in', wrong],
  ['challenge', { session: 'none', code: '000000' }],
  ['forgot', {}],
  ['reset', { code: '000000', password }],
] as const)('%s is limited by account and by address', async ([route, rest]) => {
  const one = { ...tight, AUTH_LIMIT_PER_ACCOUNT: '1', AUTH_LIMIT_PER_ADDRESS: '1' }
  const worker = workerWith(one)
  const ask = (email: string, address: string) =>
    worker('post', `/auth/${route}`, { body: { email, ...rest }, headers: { 'cf-connecting-ip': address } })
  const [email, address] = [newEmail(), newAddress()]
  expect((await ask(email, address)).status).not.toBe(429)
  await limited(ask(email, newAddress()))
  await limited(ask(newEmail(), address))
  expect((await ask(newEmail(), newAddress())).status).not.toBe(429)
})

test.for([
  ['post', '/auth/password', { current: 'Wrong-h0rse 1', next: password }],
  ['post', '/auth/totp/verify', { code: '000000' }],
  ['delete', '/me', wrong],
] as const)('a stolen token gets few tries at %s %s', async ([method, path, body]) => {
  const worker = workerWith(tight)
  const { token, id } = await newPerson()
  for (let tries = 0; tries < 3; tries++) await problem(worker(method, path, { token, body }), 'invalid')
  await limited(worker(method, path, { token, body }))
  expect(await sql`select 1 from users where id = ${id}::uuid`).toHaveLength(1)
})

test('taking everything away, and bringing it in, is limited by person', async () => {
  const worker = workerWith({ ...tight, AUTH_LIMIT_PER_ACCOUNT: '1' })
  const { token } = await newPerson()
  await (await worker('get', '/me/export', { token })).text()
  await limited(worker('get', '/me/export', { token }))
  // An import comes in parts, of which there may be twenty times as many.
  const bring = () => worker('post', '/me/import', { token, body: [{ mapping: {} }] })
  for (let part = 0; part < 20; part++) await ok(bring())
  await limited(bring())
})

test.for<[string, string]>([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001::1', '2001:db8:1:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::ffff:192.0.2.7', '::ffff:192.0.2.7'],
  ['unknown', 'unknown'],
])('the address %s counts as %s', ([address, network]) => {
  expect(networkOf(address)).toBe(network)
})
