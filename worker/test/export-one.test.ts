import { newId, type ConversationPage, type Message } from '@macro-ai/shared'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { noFaults, sql } from './support/platform.ts'
import { newTurn, open, say } from './support/turns.ts'

const ask = ({ token }: Person, id: string, query = '') => call('get', `/conversations/${id}/export${query}`, { token })
const textOf = async (answer: Response) => {
  expect(answer.status).toBe(200)
  // Not `text()`, which warns about this type.
  return new TextDecoder().decode(await answer.arrayBuffer())
}
const said = (messages: Message[]) => messages.map(({ role, text, siblings }) => [role, text, siblings.count])

let person: Person
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
})

describe('an export of one conversation', () => {
  test('as JSON has all branches and nothing else, and an import takes it back', async () => {
    const first = await say(person, newTurn({ text: 'Say exactly: one' }))
    const { conversationId } = first.start
    await say(person, newTurn({ conversationId, text: 'Say exactly: another branch' }))
    await say(person, newTurn({ conversationId, parentId: first.start.messageId, text: 'Say exactly: two' }))
    await say(person, newTurn({ text: 'Say exactly: another conversation' }))

    const answer = await ask(person, conversationId)
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment;/)
    const text = await textOf(answer)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string })
    expect(lines.map(({ type }) => type)).toEqual([
      'macro-ai-export',
      'conversation',
      ...Array<string>(6).fill('message'),
      'end',
    ])
    expect(text).not.toContain('another conversation')

    const other = await newPerson()
    await ok(call('post', '/me/import', { token: other.token, body: text }))
    const { items } = await ok<ConversationPage>(call('get', '/conversations', { token: other.token }))
    expect(said((await open(other, items[0]?.id ?? '')).messages)).toEqual(
      said((await open(person, conversationId)).messages),
    )
  })

  test('as Markdown has the path that is shown, in order, however long it is', async () => {
    const id = newId()
    await sql`insert into conversations (id, owner_id, title, leaf_id)
      values (${id}::uuid, ${person.id}::uuid, 'Tides & *stars* [x](y)', md5(${id} || 2000)::uuid)`
    for (let from = 0; from <= 2000; from += 500)
      await sql`
        insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth)
        select md5(${id} || n)::uuid, ${id}::uuid, ${person.id}::uuid, case when n > 0 then md5(${id} || n - 1)::uuid end, 'user',
          'message ' || n, n
        from generate_series(${from}::int, least(${from}::int + 499, 2000)) n`
    await sql`insert into messages (id, conversation_id, owner_id, role, text, depth)
      values (${newId()}::uuid, ${id}::uuid, ${person.id}::uuid, 'user', 'aside', 0)`
    const answer = await ask(person, id, '?format=markdown')
    expect(answer.headers.get('content-type')).toBe('text/markdown; charset=utf-8')
    const text = await textOf(answer)
    expect(text.startsWith('# Tides & \\*stars\\* \\[x\\](y)\n\n## You\n\nmessage 0\n\n## You\n\nmessage 1\n')).toBe(
      true,
    )
    expect(text.match(/^message \d+$/gm)).toEqual(Array.from({ length: 2001 }, (_, n) => `message ${n}`))
    expect(text).not.toContain('aside')
  })

  test('names the model that answered, and leaves out what says nothing', async () => {
    const { start } = await say(person, newTurn({ text: 'Say exactly: *hello*' }))
    await sql`
      insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth)
      values (${newId()}::uuid, ${start.conversationId}::uuid, ${person.id}::uuid, ${start.messageId}::uuid, 'user', '', 2)`
    expect(await textOf(await ask(person, start.conversationId, '?format=markdown'))).toBe(
      '# Say exactly: \\*hello\\*\n\n## You\n\nSay exactly: *hello*\n\n## demo\n\n*hello*\n',
    )
  })

  test('is saved under the title, whatever that is made of', async () => {
    const { start } = await say(person)
    const title = `"; filename=evil.exe ../ '(Ключ) 日本*`
    await sql`update conversations set title = ${title} where id = ${start.conversationId}::uuid`
    const disposition = (await ask(person, start.conversationId)).headers.get('content-disposition') ?? ''
    const [, name = ''] =
      /^attachment; filename="conversation\.ndjson"; filename\*=UTF-8''([\w.%~!-]+)$/.exec(disposition) ?? []
    expect(decodeURIComponent(name)).toBe(`${title}.ndjson`)
  })

  test('is not of somebody else’s conversation, a deleted one, or in a format that is none', async () => {
    const { start } = await say(person)
    const thief = await newPerson()
    for (const query of ['', '?format=markdown']) await problem(ask(thief, start.conversationId, query), 'not_found')
    await problem(ask(person, start.conversationId, '?format=exe'), 'bad_request')
    await ok(call('delete', `/conversations/${start.conversationId}`, { token: person.token }), 204)
    await problem(ask(person, start.conversationId), 'not_found')
  })
})
