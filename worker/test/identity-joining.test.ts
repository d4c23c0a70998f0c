import { newId, type Invite, type Me, type OpenInvite, type Page, type Tokens } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { readSettings } from '../src/settings.ts'
import { call, newPerson, ok, owner, password, problem, signIn as comeIn } from './support/api.ts'
import { fault, noFaults, poolAdmin, poolCall, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually } from './support/turns.ts'

beforeEach(noFaults)

type Worker = ReturnType<typeof workerWith>
const newEmail = () => `${newId()}@example.org`
const signUp = (worker: Worker, email: string, invite?: string) =>
  worker('post', '/auth/sign-up', { body: { email, password, ...(invite !== undefined && { invite }) } })
const signIn = async (worker: Worker, email: string) => {
  await ok(worker('post', '/auth/confirm', { body: { email, code: '123456' } }), 204)
  return ok<Tokens>(worker('post', '/auth/sign-in', { body: { email, password } }))
}
/** Signs up at Cognito without us, as anybody can who knows the app client's id. */
const behindOurBack = async () => {
  const email = newEmail()
  await poolCall('SignUp', { Username: email, Password: password, UserAttributes: [{ Name: 'email', Value: email }] })
  await poolCall('ConfirmSignUp', { Username: email, ConfirmationCode: '123456' })
  const { AuthenticationResult } = (await poolCall('InitiateAuth', {
    AuthFlow: 'USER_PASSWORD_AUTH',
    AuthParameters: { USERNAME: email, PASSWORD: password },
  })) as { AuthenticationResult: { AccessToken: string } }
  return { email, token: AuthenticationResult.AccessToken }
}
const invite = async (options?: object) =>
  ok<Invite>(call('post', '/admin/invites', { token: (await owner()).token, body: options }), 201)
const usesOf = async () => {
  const [row] = await sql<{ uses: number }>`select uses from invites order by created_at desc limit 1`
  return row?.uses
}
const statuses = (answers: Response[]) => answers.map(({ status }) => status).toSorted((a, b) => a - b)

describe('by invitation', () => {
  const worker = workerWith({ JOIN: 'invite' })

  test('is how people join where nothing else was said', () => {
    expect(readSettings({ ...env, JOIN: '' }).JOIN).toBe('invite')
  })

  test('an invitation lets one person in, once, whatever the case and dashes of its code', async () => {
    const { code, url, expiresAt } = await invite()
    expect(new URL(url).searchParams.get('invite')).toBe(code)
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now())
    expect(await sql`select 1 from invites where invites::text ilike ${`%${code}%`}`).toEqual([])

    const email = newEmail()
    await ok(signUp(worker, email, ` ${code.toLowerCase().replaceAll('-', '')} `), 202)
    const { accessToken } = await signIn(worker, email)
    expect(await ok<Me>(worker('get', '/me', { token: accessToken }))).toMatchObject({ email, admin: false })
    await problem(signUp(worker, newEmail(), code), 'forbidden')
  })

  test('five who use an invitation for two at the same time are two', async () => {
    const { code } = await invite({ maxUses: 2 })
    const answers = await Promise.all(Array.from({ length: 5 }, () => signUp(worker, newEmail(), code)))
    expect(statuses(answers)).toEqual([202, 202, 403, 403, 403])
  })

  test('a code is four groups of five, of letters and digits each as likely as any other', async () => {
    // The alphabet has thirty: bytes from 240 on would make its first sixteen likelier, and are left out.
    const bytes = [...Array.from({ length: 16 }, (_, at) => 240 + at), 0, 240, 30 + 1, 239]
    const real = crypto.getRandomValues.bind(crypto)
    const random = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
      real(array)
      if (array instanceof Uint8Array && array.byteLength === bytes.length) array.set(bytes)
      return array
    })
    const { code } = await invite().finally(() => random.mockRestore())
    expect(code).toBe('AB9AB-9AB9A-B9AB9-AB9AB')
    expect((await invite()).code).toMatch(/^([A-HJKMNP-TV-Z2-9]{5}-){3}[A-HJKMNP-TV-Z2-9]{5}$/)
    await problem(signUp(worker, newEmail(), code.replace('A', 'B')), 'forbidden')
    await ok(signUp(worker, newEmail(), code), 202)
  })

  test('one that is absent, wrong or over is the same refusal, and nobody is signed up', async () => {
    const { code } = await invite()
    await sql`update invites set expires_at = now() - interval '1 second'`
    const email = newEmail()
    const refusals = await Promise.all(
      [undefined, '', 'ABCDE-FGHJK-MNPQR-STVWX', code].map((wrong) =>
        problem(signUp(worker, email, wrong), 'forbidden'),
      ),
    )
    expect(new Set(refusals.map(({ detail }) => detail)).size).toBe(1)
    await problem(call('post', '/auth/sign-in', { body: { email, password } }), 'unauthenticated')
  })

  test('a use comes back when the address has an account already, or Cognito did not answer', async () => {
    const { email } = await newPerson()
    const { code } = await invite()
    await ok(signUp(worker, email, code), 202)
    expect(await usesOf()).toBe(0)
    await fault({ target: 'identity', kind: 'down', times: 1 })
    await problem(signUp(worker, newEmail(), code), 'unavailable')
    expect(await usesOf()).toBe(0)
    await ok(signUp(worker, newEmail(), code), 202)
    expect(await usesOf()).toBe(1)
  })

  test.for(['down', 'lost-reply'] as const)(
    'a database that stumbles (%s) once the account is made leaves nobody outside, and gives a use back once',
    async (kind) => {
      const stumble = () => fault({ target: 'database', kind, match: 'update invites set uses = uses -', times: 2 })
      const { code } = await invite({ maxUses: 2 })
      const email = newEmail()
      await stumble()
      await ok(signUp(worker, email, code), 202)
      await signIn(worker, email)
      await stumble()
      await ok(signUp(worker, email, code), 202)
      expect(await usesOf()).toBe(1)
    },
  )

  test('somebody who signed up at Cognito behind our back stays outside, unless the owner put them into a group', async () => {
    const { email, token } = await behindOurBack()
    await problem(worker('post', '/auth/sign-in', { body: { email, password } }), 'forbidden')
    await problem(worker('get', '/me', { token }), 'forbidden')
    await problem(
      worker('post', '/turns', {
        token,
        body: { turnId: newId(), conversationId: newId(), parentId: null, text: 'Hi' },
      }),
      'forbidden',
    )
    expect(await sql`select 1 from users where email = ${email}`).toEqual([])

    await poolAdmin('AdminAddUserToGroup', { Username: email, GroupName: 'member' })
    const { accessToken } = await ok<Tokens>(worker('post', '/auth/sign-in', { body: { email, password } }))
    expect(await ok<Me>(worker('get', '/me', { token: accessToken }))).toMatchObject({ email, admin: false })
  })

  test('only an admin invites', async () => {
    await problem(call('post', '/admin/invites', { token: (await newPerson()).token, body: {} }), 'forbidden')
    await problem(call('post', '/admin/invites', { token: (await owner()).token, body: { maxUses: 0 } }), 'invalid')
  })
})

describe('invitations that are still good', () => {
  const worker = workerWith({ JOIN: 'invite' })
  beforeEach(async () => void (await sql`delete from invites`))

  const list = async (query = '', person = owner()) =>
    ok<Page<OpenInvite>>(call('get', `/admin/invites${query}`, { token: (await person).token }))
  const takeBack = async (id: string) => call('delete', `/admin/invites/${id}`, { token: (await owner()).token })
  const newAdmin = async (email: string) => {
    await poolAdmin('AdminAddUserToGroup', { Username: email, GroupName: 'admin' })
    return comeIn(email)
  }
  const audited = (id: string) => sql`
    select a.action, u.email from audit a join users u on u.id = a.actor_id where a.subject = ${id} order by a.id`

  test('are listed for every admin, newest first and page by page, without their codes', async () => {
    expect(await list()).toEqual({ items: [], nextCursor: null })
    const nameless = newEmail()
    await ok(call('post', '/auth/sign-up', { body: { email: nameless, password } }), 202)
    await ok(call('post', '/auth/confirm', { body: { email: nameless, code: '123456' } }), 204)
    const [ada, other] = [await newAdmin((await newPerson()).email), await newAdmin(nameless)]
    const made: Invite[] = []
    for (const { token } of [ada, other, ada])
      made.unshift(await ok<Invite>(call('post', '/admin/invites', { token, body: { maxUses: 2 } }), 201))
    await ok(signUp(worker, newEmail(), made[2]?.code), 202)

    const { items } = await list()
    expect(items).toEqual(
      made.map(({ id, maxUses, expiresAt }, at) => ({
        ...{ id, maxUses, expiresAt, uses: at === 2 ? 1 : 0, createdBy: at === 1 ? nameless : 'Ada' },
        createdAt: expect.stringMatching(/^20.+Z$/) as string,
      })),
    )
    expect(await list('', Promise.resolve(other))).toEqual({ items, nextCursor: null })
    const first = await list('?limit=2')
    expect(first.items).toEqual(items.slice(0, 2))
    expect(await list(`?limit=2&cursor=${first.nextCursor}`)).toEqual({ items: items.slice(2), nextCursor: null })

    await ok(call('delete', '/me', { token: ada.token, body: { password } }), 204)
    expect((await list()).items.map(({ createdBy }) => createdBy)).toEqual([null, nameless, null])
  })

  test('are neither those that are over nor those that are used up', async () => {
    const [over, used, good] = [await invite(), await invite(), await invite()]
    await sql`update invites set expires_at = now() - interval '1 second' where id = ${over.id}::uuid`
    await ok(signUp(worker, newEmail(), used.code), 202)
    expect((await list()).items.map(({ id }) => id)).toEqual([good.id])
  })

  test('can be taken back: nobody else joins by it, and who has joined by it stays', async () => {
    const [{ id, code }, kept] = [await invite({ maxUses: 3 }), await invite()]
    const email = newEmail()
    await ok(signUp(worker, email, code), 202)
    await ok(takeBack(id), 204)
    expect((await list()).items.map((one) => one.id)).toEqual([kept.id])
    const refused = await problem(signUp(worker, newEmail(), code), 'forbidden')
    const unknown = await problem(signUp(worker, newEmail(), 'ABCDE-FGHJK-MNPQR-STVWX'), 'forbidden')
    expect({ ...refused, requestId: '' }).toEqual({ ...unknown, requestId: '' })
    const { accessToken } = await signIn(worker, email)
    await ok(worker('get', '/me', { token: accessToken }))
    await ok(signUp(worker, newEmail(), kept.code), 202)

    await problem(takeBack(id), 'not_found')
    await problem(takeBack(newId()), 'not_found')
    await problem(takeBack('1'), 'not_found')
    const by = { email: 'demo@macro.local' }
    expect(await audited(id)).toEqual([
      { action: 'invite', ...by },
      { action: 'invite revoked', ...by },
    ])
  })

  test('may be taken back while somebody signs up with it: they join all the same, and no use of it comes back', async () => {
    const { id, code } = await invite({ maxUses: 2 })
    const [email, known] = [newEmail(), (await newPerson()).email]
    // Until the faults are gone, so that both have used it and none of them is through.
    await fault({ target: 'identity', kind: 'slow', ms: 60_000, match: 'SignUp' })
    const answers = [email, known].map((each) => signUp(worker, each, code))
    await eventually(async () => expect(await usesOf()).toBe(2))
    await ok(takeBack(id), 204)
    await noFaults()
    for (const answer of answers) await ok(answer, 202)
    await signIn(worker, email)
    expect(await sql`select 1 from invites`).toEqual([])
  })

  test('are for admins to see and to take back', async () => {
    const { id } = await invite()
    const { token } = await newPerson()
    await problem(call('get', '/admin/invites', { token }), 'forbidden')
    await problem(call('delete', `/admin/invites/${id}`, { token }), 'forbidden')
    expect((await list()).items).toHaveLength(1)
  })
})

test('nobody joins a closed instance, invited or not, and those who are in stay in', async () => {
  const worker = workerWith({ JOIN: 'closed' })
  const { code } = await invite()
  await problem(signUp(worker, newEmail(), code), 'forbidden')
  const { email } = await newPerson()
  await ok(worker('post', '/auth/sign-in', { body: { email, password } }))
})

describe('somebody who signed up at Cognito alone', () => {
  test('comes in where everybody may', async () => {
    const { email, token } = await behindOurBack()
    expect(await ok<Me>(call('get', '/me', { token }))).toMatchObject({ email, admin: false })
  })

  test.for([
    [{ JOIN: 'open', MAX_USERS: '1' }, /as many people as its owner allows/],
    [{ JOIN: 'closed' }, /closed to new people/],
    [{ JOIN: 'invite' }, /by invitation/],
  ] as const)('is told why not with %j', async ([change, why]) => {
    const { token } = await behindOurBack()
    expect((await problem(workerWith(change)('get', '/me', { token }), 'forbidden')).detail).toMatch(why)
  })

  test('and whose account is gone by now has a token that opens nothing, however good it looks', async () => {
    const { email, token } = await behindOurBack()
    await poolAdmin('AdminDeleteUser', { Username: email })
    await problem(call('get', '/me', { token }), 'unauthenticated')
    expect(await sql`select 1 from users where email = ${email}`).toEqual([])
  })
})

describe('the number of people', () => {
  test('is never more than the owner set, also when many come at once', async () => {
    const [{ people } = { people: 0 }] = await sql<{ people: number }>`select count(*)::int as people from users`
    const worker = workerWith({ MAX_USERS: String(people + 2) })
    const emails = Array.from({ length: 6 }, newEmail)
    const answers = await Promise.all(emails.map((email) => signUp(worker, email)))
    expect(statuses(answers)).toEqual([202, 202, 403, 403, 403, 403])
    const refused = await problem(signUp(worker, newEmail()), 'forbidden')
    expect(refused.detail).toContain('as many people as its owner allows')
    for (const [at, answer] of answers.entries()) if (answer.status === 202) await signIn(worker, emails[at] ?? '')
  })

  test('counts a place that nobody took for ten minutes, and an account that nobody uses for a month', async () => {
    const [held, unused, used] = [newId(), newId(), newId()]
    await sql`insert into users (id, email, created_at) values
      (${held}::uuid, null, now() - interval '11 minutes'),
      (${unused}::uuid, '', now() - interval '32 days'),
      (${used}::uuid, 'used@example.org', now() - interval '32 days')`
    await newPerson()
    const left = await sql`select id from users where id in (${held}::uuid, ${unused}::uuid, ${used}::uuid)`
    expect(left).toEqual([{ id: used }])
  })

  test('is refused at the start where Cognito would bill for it', () => {
    expect(() => readSettings({ ...env, MAX_USERS: '9001' })).toThrow(/MAX_USERS: may be at most 9000/)
    expect(readSettings({ ...env, MAX_USERS: '' }).MAX_USERS).toBe(100)
  })
})
