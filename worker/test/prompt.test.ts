import { beforeEach, describe, expect, test } from 'vitest'
import { call, newPerson, ok, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { fault, forgetCalls, modelCalls, noFaults, sql } from './support/platform.ts'
import { newTurn, say } from './support/turns.ts'

beforeEach(async () => {
  await noFaults()
  await forgetCalls()
})

describe('what the model is told', () => {
  test('leaves out an answer that failed', async () => {
    const person = await newPerson()
    const first = newTurn({ text: 'Say exactly: never' })
    await fault({ target: 'model', kind: '500', times: 2 })
    const { end, start } = await say(person, first)
    expect(end).toMatchObject({ status: 'failed', error: { code: 'upstream_failed' }, usage: { costMicros: 0 } })
    await forgetCalls()
    await say(
      person,
      newTurn({ conversationId: first.conversationId, parentId: start.messageId, text: 'Say exactly: now' }),
    )
    expect((await modelCalls())[0]?.messages.slice(1)).toEqual([
      { role: 'user', content: 'Say exactly: never' },
      { role: 'user', content: 'Say exactly: now' },
    ])
  })

  test('starts with the same system text, then the person’s and the conversation’s instructions', async () => {
    const person = await newPerson()
    const { start } = await say(person)
    const instruct = (path: string, instructions: string) =>
      ok(call('patch', path, { token: person.token, body: { instructions } }))
    await instruct('/me', 'I am Ada.')
    await instruct(`/conversations/${start.conversationId}`, 'Be brief.')
    await say(person, newTurn({ conversationId: start.conversationId, parentId: start.messageId }))
    const [plain, instructed] = await modelCalls()
    expect(instructed?.messages[0]).toEqual({
      role: 'system',
      content: `${plain?.messages[0]?.content}\n\nI am Ada.\n\nBe brief.`,
    })
  })

  /** A conversation of `length` messages, question and answer in turn; the answer at its end. */
  const seed = async (person: Person, length: number, text: string) => {
    const { start } = await say(person)
    const { conversationId } = start
    await sql`
      with made as (
        select depth, depth % 2 = 1 as is_answer,
          overlay(overlay(md5(${conversationId} || depth) placing '4' from 13) placing '8' from 17)::uuid as id,
          overlay(overlay(md5(${conversationId} || depth - 1) placing '4' from 13) placing '8' from 17)::uuid as before
        from generate_series(2, ${length}::int - 1) as depth
      )
      insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id, turn_digest)
      select id, ${conversationId}::uuid, ${person.id}::uuid, case when depth = 2 then ${start.messageId}::uuid else before end,
        (case when is_answer then 'assistant' else 'user' end)::message_role, depth || ' ' || ${text}, depth,
        case when is_answer then md5('turn' || id)::uuid end, case when is_answer then '' end
      from made`
    const [row] = await sql<{ id: string }>`
      select id from messages where conversation_id = ${conversationId}::uuid order by depth desc limit 1`
    return { conversationId, parentId: row?.id ?? '' }
  }

  const promptAfter = async (person: Person, length: number, text: string) => {
    const tip = await seed(person, length, text)
    await forgetCalls()
    const { start } = await say(person, newTurn(tip))
    const [asked] = await modelCalls()
    const messages = asked?.messages.slice(1) ?? []
    return { messages, bytes: asked?.bytes ?? 0, reservedMicros: start.reservedMicros }
  }

  test('stays the same size however long the conversation is, and starts with a question', async () => {
    const person = await newPerson()
    const text = 'word '.repeat(100)
    const long = await promptAfter(person, 200, text)
    const longer = await promptAfter(person, 2000, text)
    for (const { messages, bytes } of [long, longer]) {
      expect(messages[0]?.role).toBe('user')
      expect(messages.at(-2)).toMatchObject({ role: 'assistant' })
      expect(bytes).toBeLessThan(64_000)
    }
    expect(longer.bytes).toBeLessThan(long.bytes * 1.2)
    expect(longer.reservedMicros).toBeLessThan(long.reservedMicros * 1.2)
  })

  test.for([3_000, 9_000, 20_000, 47_000])(
    'starts with a question also where messages have %i bytes',
    async (bytes) => {
      const { messages } = await promptAfter(await newPerson(), 40, 'x'.repeat(bytes))
      expect(messages[0]?.role).toBe('user')
      // As many as fit, down to whole pairs of question and answer.
      expect(messages.length).toBeGreaterThan(Math.min(Math.floor(48_000 / (bytes + 3)) - 8, 2))
    },
  )
})

test('the books agree after all of this', checkBooks)
