import type { MessageHit, SearchHit, SearchPage } from '@macro-ai/shared'
import { newId } from '@macro-ai/shared'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { call, newPerson, ok, problem, type Person } from './support/api.ts'
import { checkBooks } from './support/books.ts'
import { fault, forgetCalls, modelCalls, noFaults, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { newTurn, say } from './support/turns.ts'

const pageOf = ({ token }: Person, q: string, more = '') =>
  ok<SearchPage>(call('get', `/search?q=${encodeURIComponent(q)}${more}`, { token }))
const find = async (person: Person, q: string) => (await pageOf(person, q)).items as MessageHit[]

/** A conversation with messages of these texts, each a branch of its own, oldest first; gives its id and theirs. */
const told = async (person: Person, texts: string[], title = 'Untitled') => {
  const conversationId = newId()
  const ids = texts.map(() => newId())
  await sql`insert into conversations (id, owner_id, title, leaf_id)
    values (${conversationId}::uuid, ${person.id}::uuid, ${title}, ${ids.at(-1)}::uuid)`
  await sql`insert into messages (id, conversation_id, owner_id, role, text, depth, created_at)
    select m.id, ${conversationId}::uuid, ${person.id}::uuid, 'user', m.text, 0, timestamptz '2026-01-01' + m.n * interval '1 minute'
    from jsonb_to_recordset(${JSON.stringify(texts.map((text, n) => ({ id: ids[n], text, n })))}::jsonb) as m (id uuid, text text, n int)`
  return { conversationId, ids }
}

/** The extract as text, with what matches in brackets. */
const marked = (hit: SearchHit | undefined) =>
  hit?.extract.map(({ text, match }) => (match ? `[${text}]` : text)).join('')

let person: Person
beforeAll(async () => {
  await noFaults()
  person = await newPerson()
})

describe('a search', () => {
  test('finds what was asked and what was answered, with the words marked and where to jump', async () => {
    const turn = newTurn({ text: 'Say exactly: the **Lighthouse** keeps\n\nits light' })
    const { start } = await say(person, turn)
    const [answer, question, ...more] = await find(person, 'LIGHT lighthouse')
    expect(more).toEqual([])
    expect(answer).toMatchObject({
      type: 'message',
      conversationId: turn.conversationId,
      messageId: start.messageId,
      role: 'assistant',
    })
    expect(marked(answer)).toBe('the **[Lighthouse]** keeps its [light]')
    expect(question).toMatchObject({ messageId: start.userMessageId, role: 'user' })
  })

  test('takes the last word as the beginning of one, and the others as they are', async () => {
    const { ids } = await told(person, ['Sourdough needs patience'])
    expect(await find(person, 'sourdough pat')).toMatchObject([{ messageId: ids[0] }])
    expect(await find(person, 'patience sour')).toMatchObject([{ messageId: ids[0] }])
    expect(await find(person, 'sour patience')).toEqual([])
  })

  test.for([
    ['a part of a path', 'see worker/src/quokka.ts:12', 'quokka', 'see worker/src/[quokka].ts:12'],
    ['a name inside code', 'call `find_wombat(x)`', 'wombat', 'call `find_[wombat](x)`'],
    ['what stands in tags', '<b>Numbat</b>', 'numbat', '<b>[Numbat]</b>'],
    ['letters with accents, in either case', 'Die Übungsgeräte', 'ÜBUNGSGERÄTE', 'Die [Übungsgeräte]'],
    ['composed letters by decomposed ones', 'Crème brûlée', 'brûlée'.normalize('NFD'), 'Crème [brûlée]'],
    ['decomposed letters by composed ones', 'Pâte à choux'.normalize('NFD'), 'pâte à chou', '[Pâte] [à] [choux]'],
    ['Korean in parts of its syllables', '박물관에서'.normalize('NFD'), '박물관', '[박물관]에서'],
    ['Chinese in the middle of a sentence', '我们明天去东京大学参观', '东京', '我们明天去[东京]大学参观'],
    ['Japanese', '明日は図書館に行きます', '図書館', '明日は[図書館]に行きます'],
    ['Korean without its particle', '나는 도서관에서 공부한다', '도서관', '나는 [도서관]에서 공부한다'],
    ['Thai', 'ฉันชอบกินข้าวผัด', 'ข้าวผัด', 'ฉันชอบกิน[ข้าวผัด]'],
    ['Arabic', 'أين تقع المكتبة الوطنية', 'المكتبة', 'أين تقع [المكتبة] الوطنية'],
    ['Hindi', 'मुझे पुस्तकालय जाना है', 'पुस्तकालय', 'मुझे [पुस्तकालय] जाना है'],
    ['text with signs that nobody sees', 'a \x02forged\x03 \x01mark echidna', 'echidna', 'a forged mark [echidna]'],
  ] as const)('finds %s', async ([, text, q, extract]) => {
    const { ids } = await told(person, [text])
    const [hit, ...more] = await find(person, q)
    expect(more).toEqual([])
    expect(hit?.messageId).toBe(ids[0])
    expect(marked(hit)).toBe(extract)
  })

  test('takes characters without spaces in their order, not as a set', async () => {
    await told(person, ['大阪城公園'])
    expect(await find(person, '園公')).toEqual([])
    expect(await find(person, '城公')).toHaveLength(1)
  })

  test('puts conversations first whose titles have the words, then the newest', async () => {
    const own = await newPerson()
    const older = await told(own, ['about marmots', 'nothing else'])
    const named = await told(own, ['old talk'], 'Marmots of the Alps')
    const newer = await told(own, ['no', 'no', 'no', 'marmots again'])
    const hits = await find(own, 'marmots')
    expect(hits.map(({ messageId }) => messageId)).toEqual([named.ids[0], newer.ids[3], older.ids[0]])
    expect(hits[0]).toMatchObject({ title: 'Marmots of the Alps', extract: [{ text: 'old talk', match: false }] })
  })

  test('of a conversation whose title has the words shows what was said with them, and each once', async () => {
    const own = await newPerson()
    const named = await told(own, ['why do wolverines dig', 'more of wolverines', 'goodbye'], 'Wolverines')
    const newer = await told(own, ['a wolverine, wolverines'])
    const hits = await find(own, 'wolverines')
    expect(hits.map(({ messageId }) => messageId)).toEqual([named.ids[1], newer.ids[0], named.ids[0]])
    expect(marked(hits[0])).toBe('more of [wolverines]')
  })

  test('of one conversation finds what was said there, and nothing in another or in somebody else’s', async () => {
    const own = await newPerson()
    const there = await told(own, ['a quokka', 'no', 'quokkas again'], 'About quokkas')
    await told(own, ['another quokka'])
    const within = async (who: Person) => {
      const { items } = await pageOf(who, 'quokka', `&conversationId=${there.conversationId}`)
      return (items as MessageHit[]).map(({ messageId }) => messageId)
    }
    expect(await within(own)).toEqual([there.ids[2], there.ids[0]])
    expect(await within(await newPerson())).toEqual([])
  })

  test('gives every hit once, page by page, and ends', async () => {
    const own = await newPerson()
    const { ids } = await told(
      own,
      Array.from({ length: 45 }, (_, n) => `capybara ${n}`),
    )
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: SearchPage = await pageOf(own, 'capybara', `&limit=20${cursor && `&cursor=${cursor}`}`)
      seen.push(...(page.items as MessageHit[]).map(({ messageId }) => messageId))
      cursor = page.nextCursor
    }
    expect(seen).toEqual(ids.toReversed())
  })

  test('shows the place where the words are in a long text, and takes texts that are too long to index', async () => {
    const filler = 'lorem ipsum dolor '.repeat(4_000)
    await told(person, [`${filler} the pangolin sleeps ${filler}`, '東京大学文章'.repeat(60_000), 'x'.repeat(900_000)])
    const [hit] = await find(person, 'pangolin')
    expect(marked(hit)).toMatch(
      /^… ipsum .*the \[pangolin\] sleeps lorem .* dolor …$|^… \w+ .* the \[pangolin\] sleeps .* \w+ …$/,
    )
    expect(marked(hit)?.length).toBeLessThan(300)
  })
})

describe('a search of documents', () => {
  const add = async ({ token }: Person, title: string, texts: string[]) => {
    const id = newId()
    const chunks = texts.map((text, at) => ({ text, page: at + 1 }))
    await ok(call('post', '/documents', { token, body: { id, title, chunks } }), 201)
    return id
  }
  const borkum = [
    'The ferry to Borkum leaves at nine.',
    'The lighthouses of Borkum were lit in 1879, and shine on 东京大学.',
  ]

  test('finds passages beside messages, by any form of a word, marked, with page and place', async () => {
    const own = await newPerson()
    const documentId = await add(own, 'Islands', borkum)
    const { ids } = await told(own, ['I saw a lighthouse'])
    const { items } = await pageOf(own, 'lighthouse')
    expect(items).toHaveLength(2)
    expect(items.find(({ type }) => type === 'message')).toMatchObject({ messageId: ids[0] })
    const hit = items.find(({ type }) => type === 'document')
    expect(hit).toMatchObject({ documentId, title: 'Islands', position: 1, page: 2 })
    expect(marked(hit)).toMatch(/^The \[lighthouses\] of Borkum/)
    expect(await find(own, '京大')).toMatchObject([{ documentId, position: 1 }])
    expect(await find(own, 'islan')).toMatchObject([{ documentId, position: 0 }])
  })

  test('finds what means the same where not all words are there, and nothing that is about something else', async () => {
    const own = await newPerson()
    const documentId = await add(own, 'Islands', borkum)
    expect(await find(own, 'Borkum ferry departure')).toMatchObject([{ documentId, position: 0 }])
    expect(await find(own, 'zebra crossing paint')).toEqual([])
    expect(await find(await newPerson(), 'Borkum ferry departure')).toEqual([])
  })

  test('asks a model once for the same words, and goes on by words without money', async () => {
    const own = await newPerson()
    await add(own, 'Islands', borkum)
    await forgetCalls()
    await find(own, 'ferry Borkum')
    await find(own, 'ferry Borkum')
    await find(own, 'ferry')
    expect(await modelCalls()).toHaveLength(1)
    const poor = workerWith({ USER_DAY_CAP_MICROS: '0' })
    const { items } = await ok<SearchPage>(poor('get', '/search?q=borkum+nine', { token: own.token }))
    expect(items).toMatchObject([{ type: 'document', position: 0 }])
    await checkBooks()
  })

  test('gives every passage once, page by page', async () => {
    const own = await newPerson()
    await add(
      own,
      'Log',
      Array.from({ length: 15 }, (_, at) => `Report ${at} of the capybara.`),
    )
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: SearchPage = await pageOf(own, 'capybara report', `&limit=4${cursor && `&cursor=${cursor}`}`)
      seen.push(...page.items.map((hit) => (hit.type === 'document' ? String(hit.position) : '')))
      cursor = page.nextCursor
    }
    expect(seen).toHaveLength(15)
    expect(new Set(seen).size).toBe(15)
  })
})

describe('what is not found', () => {
  test('is anything of somebody else, also by their id', async () => {
    const [mine, theirs] = await Promise.all([newPerson(), newPerson()])
    await told(theirs, ['the secret axolotl'], 'axolotl')
    await told(mine, [`about ${theirs.id} axolotl`])
    expect(await find(mine, 'axolotl')).toHaveLength(1)
    expect(await find(mine, theirs.id)).toHaveLength(1)
    expect(await find(theirs, mine.id)).toEqual([])
  })

  test('is what was deleted, until it is restored; the archive is', async () => {
    const own = await newPerson()
    const { conversationId } = await told(own, ['a lost tapir'], 'tapir')
    await ok(call('patch', `/conversations/${conversationId}`, { token: own.token, body: { archived: true } }))
    expect(await find(own, 'tapir')).toHaveLength(1)
    await ok(call('delete', `/conversations/${conversationId}`, { token: own.token }), 204)
    expect(await find(own, 'tapir')).toEqual([])
    await ok(call('post', `/conversations/${conversationId}/restore`, { token: own.token }))
    expect(await find(own, 'tapir')).toHaveLength(1)
  })

  test.for(['!!!', '%', '_', '* & |', '👍🏽', '<->', "'", '\\', '"'])('is everything, for %s', async (q) => {
    await told(person, ['anything at all'])
    expect(await find(person, q)).toEqual([])
  })

  test('is hindered by no sign: whatever is typed is answered, and finds no more than its words', async () => {
    const own = await newPerson()
    await told(own, ['the quick brown fox', "it's 100% _done_"])
    const sign = fc.constantFrom(...`%_'"\\!&|():*<->~^$?[]{}`, '\u0001', '\u0002', '\u202e', '\u{1f600}', '京', ' ')
    const text = fc
      .array(fc.oneof(sign, fc.constantFrom('quick', 'fo', '100', 'OR', 'NOT')))
      .map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(text, async (q) => {
        const answer = await call('get', `/search?q=${encodeURIComponent(q)}`, { token: own.token })
        expect([200, 400], q).toContain(answer.status)
        if (answer.status === 400) return void (await answer.body?.cancel())
        const { items } = await answer.json<SearchPage>()
        if (!/[a-z0-9]/i.test(q)) expect(items, q).toEqual([])
      }),
      { numRuns: 60 },
    )
  })
})

test('a search without the database is unavailable, and says when to try again', async () => {
  await fault({ target: 'database', kind: 'down' })
  expect(await problem(call('get', '/search?q=x', { token: person.token }), 'unavailable')).toMatchObject({
    retryAfterSeconds: 2,
  })
  await noFaults()
})
