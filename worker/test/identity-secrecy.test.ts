import { newId } from '@macro-ai/shared'
import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, owner, password } from './support/api.ts'
import { counters, noFaults, resetCounters } from './support/platform.ts'

beforeEach(noFaults)

const newEmail = () => `${newId()}@example.org`
const unconfirmed = async () => {
  const email = newEmail()
  await ok(call('post', '/auth/sign-up', { body: { email, password } }), 202)
  return email
}
const disabled = async () => {
  const [person, admin] = await Promise.all([newPerson(), owner()])
  await ok(call('patch', `/admin/users/${person.id}`, { token: admin.token, body: { disabled: true } }))
  return person.email
}

/** All that an answer tells, and the calls that were made for it. */
const told = async (path: string, body: object) => {
  await resetCounters()
  const answer = await call('post', path, { body })
  const text = (await answer.text()).replace(/"requestId":"[^"]*"/, '')
  const headers = Object.fromEntries(answer.headers)
  delete headers['x-request-id']
  delete headers['server-timing']
  const { database, identity, cache, detail } = await counters()
  const work = { database: detail.database.operations, identity: detail.identity.operations }
  return { status: answer.status, text, headers, calls: { database, identity, cache, work } }
}

describe('nobody learns whether an address has an account', () => {
  test.for([
    ['/auth/sign-up', { password }],
    ['/auth/resend', {}],
    ['/auth/forgot', {}],
  ] as const)('from %s', async ([path, rest]) => {
    const emails = [newEmail(), (await newPerson()).email, await unconfirmed(), await disabled()]
    for (let times = 0; times < 3; times++) {
      const answers = []
      for (const email of emails) answers.push(await told(path, { email, ...rest }))
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(answers[0]).toMatchObject({ status: 202, text: '' })
    }
  })

  test('from the names of weak passwords', async () => {
    const weak = { password: 'weak' }
    const [unknown, known] = [newEmail(), (await newPerson()).email]
    const answer = await told('/auth/sign-up', { email: unknown, ...weak })
    expect(answer).toMatchObject({ status: 422, calls: { identity: 0 } })
    expect(await told('/auth/sign-up', { email: known, ...weak })).toEqual(answer)
  })

  test.for([
    ['/auth/confirm', { code: '000000' }, 422],
    ['/auth/reset', { code: '000000', password: 'Another-h0rse 1' }, 422],
    ['/auth/sign-in', { password: 'Wrong-h0rse 1' }, 401],
    ['/auth/challenge', { session: 'none', code: '000000' }, 401],
  ] as const)('from %s, however often it is tried', async ([path, rest, status]) => {
    const emails = [newEmail(), (await newPerson()).email, await unconfirmed(), await disabled()]
    for (let times = 0; times < 8; times++) {
      const answers = []
      for (const email of emails) answers.push(await told(path, { email, ...rest }))
      for (const answer of answers) expect(answer).toEqual(answers[0])
      expect(answers[0]?.status).toBe(status)
    }
  })

  test('from signing in with what they just signed up with, until it is confirmed', async () => {
    const chosen = { password: 'The-stranger’s 1' }
    const emails = [newEmail(), (await newPerson()).email, await unconfirmed(), await disabled()]
    for (const email of emails) await ok(call('post', '/auth/sign-up', { body: { email, ...chosen } }), 202)
    const unknown = await told('/auth/sign-in', { email: newEmail(), ...chosen })
    expect(unknown.status).toBe(401)
    for (const email of emails) expect(await told('/auth/sign-in', { email, ...chosen })).toEqual(unknown)
    const body = { email: emails[0], ...chosen }
    await ok(call('post', '/auth/confirm', { body: { email: emails[0], code: '123456' } }), 204)
    await ok(call('post', '/auth/sign-in', { body }))
  })

  test('from the right code of an account that is confirmed already', async () => {
    const { email } = await newPerson()
    const right = await told('/auth/confirm', { email, code: '123456' })
    expect(right).toEqual(await told('/auth/confirm', { email: newEmail(), code: '000000' }))
  })
})

test.for(['/health', '/me', '/nowhere', '/openapi.json'])(
  'the answer of %s is only data in a browser',
  async (path) => {
    const { headers } = await call('get', path)
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': expect.stringContaining("default-src 'none'") as string,
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()') as string,
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringMatching(/^max-age=\d{8,}; includeSubDomains$/) as string,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    })
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  },
)
