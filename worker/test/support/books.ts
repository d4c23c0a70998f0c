import { expect } from 'vitest'
import { wrongBudgets } from '../../local/commands/doctor/books.ts'
import { look, sql } from './platform.ts'

type Entry = { kind: 'reserve' | 'settle' | 'release'; amount: number }

/** The ledger's entries of one turn, in order. */
export const ledgerOf = async (turnId: string): Promise<Entry[]> => {
  const rows = await sql<{ kind: Entry['kind']; amount_micros: string }>`
    select kind, amount_micros from ledger where reservation_id = ${turnId}::uuid order by kind = 'reserve' desc, at`
  return rows.map(({ kind, amount_micros }) => ({ kind, amount: Number(amount_micros) }))
}

/** What is held for calls that run; what was lent for calls to come is no call. */
export const reservationsOf = (userId: string) =>
  sql`select id from reservations where user_id = ${userId}::uuid and purpose <> 'lease'`

/** What a turn was charged; fails unless it was reserved once and closed once, and within what was reserved. */
export const chargeOf = async (turnId: string): Promise<number> => {
  const [reserve, close, ...more] = await ledgerOf(turnId)
  expect([reserve?.kind, more]).toEqual(['reserve', []])
  expect(close?.kind).toMatch(/^(settle|release)$/)
  expect(close?.amount).toBeLessThanOrEqual(reserve?.amount ?? -1)
  return close?.amount ?? -1
}

/** Budgets that are not what ledger and open reservations say right now, or past their cap: none. */
export const wrongBooks = () => look(wrongBudgets)

/** Fails unless the books agree, with all that waits in them. */
export const checkBooks = async (): Promise<void> => {
  await sql`select 1`
  expect(await wrongBooks()).toEqual([])
}
