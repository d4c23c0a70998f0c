import { freeTiers, newId, type Model } from '@macro-ai/shared'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Problem } from '../../worker/src/problem.ts'
import { costMicros, safeEstimate } from '../../worker/src/spending/price.ts'
import { nobody } from '../../worker/src/adapters/database/money.ts'
import { reserveCall, settleCall, type Call } from '../../worker/src/spending/purse.ts'
import { openBooks, type Books } from './books.ts'

let books: Books
beforeAll(async () => {
  books = await openBooks()
})
afterAll(() => books.stop())

const model: Model = {
  ...{
    id: 'm',
    label: 'M',
    kind: 'chat',
    hiddenReasoning: false,
    outputLimit: 'max_tokens',
    source: 's',
    asOf: '2026-01-01',
  },
  ...{ inputMicrosPerMTok: 100_000, outputMicrosPerMTok: 500_000, contextTokens: 128_000, maxOutputTokens: 4_096 },
}
const caps = { turn: 50_000, userDay: 20_000, userMonth: 120_000, instanceMonth: 400_000 }
const keyCapMicros = 30_000
const [accounts, keysEach, atOnce, days] = [8, 2, 24, 30]

/** The same numbers at every run. */
const dice = (() => {
  let seed = 11
  return () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
})()

/** A provider that sends a bill: for what it made, whoever still listens. */
const provider = () => {
  let [calls, billedMicros] = [0, 0]
  return {
    answer: (inputTokens: number) => {
      const usage = {
        inputTokens: Math.ceil(inputTokens * dice()),
        cachedTokens: 0,
        outputTokens: Math.ceil(model.maxOutputTokens * dice()),
      }
      calls += 1
      billedMicros += costMicros(model, usage)
      return usage
    },
    bill: () => ({ calls, billedMicros }),
  }
}

const addKey = async (ownerId: string): Promise<string> => {
  const id = newId()
  const key = { name: 'k', digest: id, hint: 'k', scopes: [], capMicros: keyCapMicros, expiresAt: null }
  await books.store.addKey(ownerId, { ...key, id, now: new Date('2026-03-01') }, '2026-03-01', 20)
  return id
}

test('a month of attackers with many accounts, keys and calls at once never costs more than the cap', async () => {
  const attackers = await Promise.all(
    Array.from({ length: accounts }, async () => {
      const userId = await books.introduce()
      return { userId, keys: await Promise.all(Array.from({ length: keysEach }, () => addKey(userId))) }
    }),
  )
  const seller = provider()
  let refused = 0

  /** One call: made, cut off, or left behind by a holder that died. */
  const attack = async (now: Date) => {
    const attacker = attackers[Math.floor(dice() * accounts)]
    if (!attacker) return
    const keyId = dice() < 0.5 ? attacker.keys[Math.floor(dice() * keysEach)] : undefined
    const inputTokens = Math.ceil(20_000 * dice())
    const call: Call = {
      id: newId(),
      userId: attacker.userId,
      purpose: 'api',
      model,
      inputTokens,
      ...(keyId && { keyId }),
    }
    const needs = { store: books.store, caps, now: () => now.getTime() }
    try {
      const held = await reserveCall(needs, call)
      const usage = seller.answer(inputTokens)
      const fate = dice()
      if (fate < 0.1) return
      const cost = { ...usage, costMicros: costMicros(model, usage) }
      const unknown = safeEstimate(model, inputTokens, 'x'.repeat(usage.outputTokens))
      await settleCall(needs, held, fate < 0.2 ? unknown : cost)
      if (fate > 0.9) await settleCall(needs, held, cost)
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'budget_exhausted')) throw error
      refused += 1
    }
  }

  const rows: string[] = []
  for (let day = 1; day <= days; day++) {
    const now = new Date(Date.UTC(2026, 2, day, 12))
    await Promise.all(Array.from({ length: atOnce }, () => attack(now)))
    const [sum] = await books.sql`
      select spent_micros as spent, reserved_micros as reserved from budgets where scope = 'instance-month'`
    const { calls, billedMicros } = seller.bill()
    const counted = Number(sum?.['spent']) + Number(sum?.['reserved'])
    // Also while calls are open: what the provider could ask for is already held.
    expect(billedMicros).toBeLessThanOrEqual(counted)
    expect(counted).toBeLessThanOrEqual(caps.instanceMonth)
    expect(await books.broken()).toEqual([])
    if (day % 5 === 0)
      rows.push(
        [day, calls, refused, billedMicros, sum?.['spent'], sum?.['reserved'], caps.instanceMonth]
          .map((cell) => String(cell).padStart(10))
          .join(''),
      )
  }
  console.log(
    [
      `worst bill: ${accounts} accounts, ${accounts * keysEach} keys, ${atOnce} calls at once a day, micro-dollars`,
      ['day', 'calls', 'refused', 'billed', 'spent', 'reserved', 'cap'].map((cell) => cell.padStart(10)).join(''),
      ...rows,
    ].join('\n'),
  )
  expect(refused).toBeGreaterThan(0)
  const passed = await books.sql`
    select scope from budgets where spent_micros + reserved_micros > cap_micros
      or (scope = 'key-month' and cap_micros > ${keyCapMicros}) or (scope = 'user-month' and cap_micros > ${caps.userMonth})`
  expect(passed).toEqual([])
})

test('R2 sends a bill past its free tier, and whatever many accounts upload and read at once never comes near it', async () => {
  const { store, sql } = books
  const limitOf = (id: string) => freeTiers.find((tier) => tier.id === id)?.limit ?? 0
  const room = { userBytes: 9e9, instanceBytes: 9e9, userChunks: 0, instanceChunks: 0 }
  const people = await Promise.all(Array.from({ length: accounts }, () => books.introduce()))
  const march = new Date('2026-03-31T23:00:00Z')
  const uploads = async (now: Date, count = 40) => {
    const begun = await Promise.all(
      Array.from({ length: count }, (_, at) =>
        store.beginFile(
          {
            id: newId(),
            ownerId: people[at % accounts] ?? '',
            name: `${newId()}.txt`,
            type: 'text/plain',
            bytes: 10_000_000,
            sha256: newId(),
          },
          room,
          now,
        ),
      ),
    )
    return begun.flatMap((one) => ('full' in one ? [] : [one.id]))
  }
  const used = async () =>
    (await sql`select bytes, writes, reads from storage where owner_id = ${nobody}::uuid`)[0] ?? {}

  await uploads(march, 1)
  await sql`update storage set writes = 499990, reads = 4999990 where owner_id = ${nobody}::uuid`
  const [id = '', ...others] = await uploads(march)
  expect(others).toHaveLength(9)
  const [owner = ''] = people
  await store.fileStored(owner, id, march)
  const reads = await Promise.all(Array.from({ length: 40 }, () => store.readFiles(owner, [id], room, march)))
  expect(reads.filter((read) => !('full' in read))).toHaveLength(10)
  expect(Number((await used())['writes'])).toBeLessThanOrEqual(limitOf('r2.classA') / 2)
  expect(Number((await used())['reads'])).toBeLessThanOrEqual(limitOf('r2.classB') / 2)

  // The new month begins anew; what is kept does not.
  await sql`update storage set bytes = 8965000000 where owner_id = ${nobody}::uuid`
  expect(await uploads(new Date('2026-04-01T00:00:00Z'))).toHaveLength(3)
  expect(await used()).toMatchObject({ writes: 3 })
  expect(Number((await used())['bytes'])).toBeLessThanOrEqual(limitOf('r2.bytes') * 0.9)
})
