import { contract, newId, type Share, type SharedConversation, type ShareList } from '@macro-ai/shared'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, newPerson, ok, origin, owner, problem, type Person } from './support/api.ts'
import { noFaults, sql } from './support/platform.ts'
import { longTurn, newTurn, post, readUntil, say, stop, type Told } from './support/turns.ts'

const share = ({ token }: Person, conversationId: string, body?: object) =>
  ok<Share>(call('post', `/conversations/${conversationId}/share`, { token, body }), 201)
const read = (token: string) => call('get', `/shared/${token}`)
const textsOf = async (token: string) =>
  (await ok<SharedConversation>(read(token))).messages.map(({ role, text }) => `${role}: ${text}`)
const linksOf = (person: Person, conversationId: string) =>
  ok<ShareList>(call('get', `/conversations/${conversationId}/share`, { token: person.token }))

/** Two questions and their answers, the first of them with another branch beside it. */
const talk = async (person: Person) => {
  const first = await say(person, newTurn({ text: 'Say exactly: one' }))
  const { conversationId } = first.start
  await say(person, newTurn({ conversationId, text: 'Say exactly: another branch' }))
  const parentId = first.start.messageId
  const second = await say(person, newTurn({ conversationId, parentId, text: 'Say exactly: two' }))
  return { conversationId, first, second }
}

let person: Person
let conversationId: string
let first: Told
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
  ;({ conversationId, first } = await talk(person))
})

describe('a shared link', () => {
  test('shows the path as it was when it was made, to anybody, and nothing that came later', async () => {
    const { token, url, expiresAt } = await share(person, conversationId)
    expect(url).toBe(`${origin}/shared/${token}`)
    const shown = ['user: Say exactly: one', 'assistant: one', 'user: Say exactly: two', 'assistant: two']
    expect(await textsOf(token)).toEqual(shown)
    await ok(call('patch', `/conversations/${conversationId}`, { token: person.token, body: { title: 'New title' } }))
    const { conversation } = await ok<{ conversation: { leafId: string } }>(
      call('get', `/conversations/${conversationId}`, { token: person.token }),
    )
    await say(person, newTurn({ conversationId, parentId: conversation.leafId, text: 'Say exactly: three' }))
    expect(await textsOf(token)).toEqual(shown)
    const shared = await ok<SharedConversation>(read(token))
    expect(shared).toMatchObject({ title: 'Say exactly: one', expiresAt })
    expect(shared.messages[0]).toMatchObject({ model: null, modelLabel: null })
    expect(shared.messages[1]).toMatchObject({ model: 'demo', modelLabel: 'Offline demo model' })
    expect(Date.parse(expiresAt) - Date.parse(shared.sharedAt)).toBe(30 * 86_400_000)
  })

  test('ends at the message it was made for, on whichever branch that is', async () => {
    const { token } = await share(person, conversationId, { messageId: first.start.messageId })
    expect(await textsOf(token)).toEqual(['user: Say exactly: one', 'assistant: one'])
  })

  test('holds words alone: no files, no sources, no ids, no instructions, and not whose it is', async () => {
    const own = await newPerson()
    const { start } = await say(own)
    await sql`update conversations set instructions = 'private words' where id = ${start.conversationId}::uuid`
    await sql`
      update messages set attachments = '[{"id":"x","name":"passport.pdf","type":"application/pdf","bytes":1}]',
        sources = '[{"n":1,"documentId":"x","title":"Diary","text":"dear diary"}]' where conversation_id = ${start.conversationId}::uuid`
    const text = await (await read((await share(own, start.conversationId)).token)).text()
    for (const secret of [
      'passport',
      'diary',
      'private words',
      own.id,
      own.email,
      start.conversationId,
      start.messageId,
    ])
      expect(text.toLowerCase()).not.toContain(secret.toLowerCase())
  })

  test('leaves out an answer that is still being written', async () => {
    const own = await newPerson()
    const turn = longTurn()
    await readUntil(await post(own, turn), (text) => text.includes('event: delta'))
    const { token } = await share(own, turn.conversationId)
    expect(await textsOf(token)).toEqual([`user: ${turn.text}`])
    await ok(stop(own, turn.turnId), 204)
    expect(await textsOf(token)).toEqual([`user: ${turn.text}`])
  })

  test('is kept by no cache and listed by no search engine', async () => {
    const { headers } = await read((await share(person, conversationId)).token)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-robots-tag')).toContain('noindex')
  })

  test('is kept as a hash only', async () => {
    const { token } = await share(person, conversationId)
    const rows = await sql`select * from shares where owner_id = ${person.id}::uuid`
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  test('reads only: every writing verb is not found, whoever tries', async () => {
    const { token } = await share(person, conversationId)
    for (const method of ['post', 'put', 'patch', 'delete'])
      for (const path of [`/shared/${token}`, `/shared/${token}/messages`, '/shared'])
        for (const who of [undefined, person.token])
          await problem(call(method, path, { token: who, body: { title: 'mine' } }), 'not_found')
    expect(contract.filter(({ path }) => path.startsWith('/shared')).map(({ method }) => method)).toEqual(['get'])
  })
})

describe('a link leads nowhere', () => {
  const own = async () => {
    const someone = await newPerson()
    const { start } = await say(someone)
    return { someone, conversationId: start.conversationId, ...(await share(someone, start.conversationId)) }
  }
  /** Always the same words: they do not tell whether there ever was such a link. */
  const gone = async (token: string) => {
    const { requestId: _, ...body } = await problem(read(token), 'not_found')
    return body
  }

  test('once it is taken back, at once, with all others of the conversation and none of another', async () => {
    const { someone, conversationId: id, token } = await own()
    const second = await share(someone, id)
    const { token: other } = await share(person, conversationId)
    expect(await linksOf(someone, id)).toEqual({ links: 2, expiresAt: second.expiresAt })
    await ok(call('delete', `/conversations/${id}/share`, { token: someone.token }), 204)
    expect(await gone(token)).toEqual(await gone('x'.repeat(32)))
    await gone(second.token)
    expect(await linksOf(someone, id)).toEqual({ links: 0, expiresAt: null })
    await ok(read(other))
    // Sharing again makes a new link and throws the old copies away.
    const again = await share(someone, id)
    await ok(read(again.token))
    expect(await sql`select 1 from shares where conversation_id = ${id}::uuid`).toHaveLength(1)
  })

  test('once its time is up', async () => {
    const { conversationId: id, token } = await own()
    await sql`update shares set expires_at = now() - interval '1 second' where conversation_id = ${id}::uuid`
    await gone(token)
  })

  test('while the conversation is deleted, and for good once its owner is disabled or gone', async () => {
    const { someone, conversationId: id, token } = await own()
    await ok(call('delete', `/conversations/${id}`, { token: someone.token }), 204)
    await gone(token)
    await ok(call('post', `/conversations/${id}/restore`, { token: someone.token }))
    await ok(read(token))
    const boss = await owner()
    await ok(call('patch', `/admin/users/${someone.id}`, { token: boss.token, body: { disabled: true } }))
    await gone(token)
  })

  test.for(['x', '../me', '%00', "'; --", 'a'.repeat(31), 'a'.repeat(33), `${'a'.repeat(31)}!`, newId()])(
    'when it is %s',
    async (token) => {
      await problem(read(encodeURIComponent(token)), 'not_found')
    },
  )
})

describe('what cannot be shared', () => {
  test('is somebody else’s conversation, or up to somebody else’s message', async () => {
    const thief = await newPerson()
    const { start } = await say(thief)
    const ask = (id: string, body?: object) => call('post', `/conversations/${id}/share`, { token: thief.token, body })
    await problem(ask(conversationId), 'not_found')
    await problem(ask(start.conversationId, { messageId: first.start.messageId }), 'not_found')
    await problem(ask(start.conversationId, { messageId: newId() }), 'not_found')
    await problem(call('delete', `/conversations/${conversationId}/share`, { token: thief.token }), 'not_found')
  })

  test('is more than a page can show, or more links than anybody keeps track of', async () => {
    const own = await newPerson()
    const { start } = await say(own)
    const ask = () => call('post', `/conversations/${start.conversationId}/share`, { token: own.token })
    for (let link = 0; link < 20; link++) await ok(ask(), 201)
    await problem(ask(), 'conflict')
    await ok(call('delete', `/conversations/${start.conversationId}/share`, { token: own.token }), 204)
    await sql`update messages set text = repeat('x', 1000001) where id = ${start.messageId}::uuid`
    await problem(ask(), 'too_large')
  })

  test.for([{ days: 0 }, { days: 366 }, { days: 1.5 }, { days: '7' }, { messageId: 'x' }, { forever: true }])(
    'is what says %o',
    async (body) => {
      await problem(call('post', `/conversations/${conversationId}/share`, { token: person.token, body }), 'invalid')
    },
  )
})
