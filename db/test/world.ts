import { newId } from '@macro-ai/shared'
import { expect } from 'vitest'
import { nobody } from '../../worker/src/adapters/database/money.ts'
import { Problem } from '../../worker/src/problem.ts'
import { periodsOf } from '../../worker/src/spending/period.ts'
import { nothingUsed } from '../../worker/src/spending/price.ts'
import { reserveCall, settleCall, type Held } from '../../worker/src/spending/purse.ts'
import { people, type Action } from './actions.ts'
import { begin, models } from './begin.ts'
import type { Books } from './books.ts'

type Turn = {
  id: string
  who: number
  where: number
  amount: number
  parentId: string | null
  accepted?: { digest: string; messageId: string; at: Date; wave: number }
  /** What it was settled at, each time somebody tried, and in which wave. */
  settled: { cost: number; wave: number }[]
}
type Reply = { verdict: 'new' | 'again'; messageId: string; amount: number } | Problem
type Call = { turn: Turn; digest: string; at: Date; reply: Reply }

const hourMs = 3_600_000
const standard = { turn: 1_000, userDay: 90, userMonth: 150, instanceMonth: 250 }

/** Plays a plan against the store and keeps books of its own beside it; throws at the first thing they disagree on. */
export const play = async ({ store, sql, clear, introduce, broken }: Books, plan: Action[][]) => {
  await clear()
  const users = await Promise.all(Array.from({ length: people }, introduce))
  const places = users.map(() => [newId(), newId()])
  const turns: Turn[] = []
  /** Calls that are no turns, and what was held for each of them. */
  const others: { held: Held; wave: number }[] = []
  const conversations = new Map<string, { leaf?: string; deleted: boolean }>()
  const caps = new Map<string, number[]>()
  let now = Date.UTC(2026, 11, 1) - 5 * hourMs
  let latest = now
  let totals = new Map<string, number>()
  const [admin = ''] = users

  const userOf = (turn: Turn) => users[turn.who] ?? ''
  const placeOf = (turn: Turn) => places[turn.who]?.[turn.where] ?? ''
  const keysOf = ({ turn, at }: Pick<Call, 'turn' | 'at'>) => {
    const { day, month } = periodsOf(at)
    return {
      'instance-month': `instance-month ${nobody} ${month}`,
      'user-day': `user-day ${userOf(turn)} ${day}`,
      'user-month': `user-month ${userOf(turn)} ${month}`,
    }
  }
  /** Every value a cap may have had during this wave. */
  const capsOf = (scope: string, turn: Turn) =>
    caps.get(scope === 'instance-month' ? scope : `${scope} ${userOf(turn)}`) ?? []
  const setCap = (name: string, micros: number) => caps.set(name, [...(caps.get(name) ?? []), micros])

  const ask = async (turn: Turn, digest: string): Promise<Call> => {
    const at = new Date(now)
    const reply = await begin(store, {
      userId: userOf(turn),
      turnId: turn.id,
      conversationId: placeOf(turn),
      amount: turn.amount,
      parentId: turn.parentId,
      digest,
      at,
      caps: standard,
    }).then(
      ({ begun }): Reply => ({
        verdict: begun.verdict === 'new' ? 'new' : 'again',
        messageId: begun.messageId,
        amount: begun.reservedMicros,
      }),
      (error: unknown): Reply => {
        if (error instanceof Problem && error.code !== 'unavailable') return error
        throw error
      },
    )
    return { turn, digest, at, reply }
  }

  const holdOther = async (who: number, amount: number, wave: number) => {
    const model = models.get(`costs-${amount}`)
    if (!model) throw new Error('no such model')
    const needs = { store, caps: standard, now: () => now }
    const call = { id: newId(), userId: users[who] ?? '', purpose: 'title', model, inputTokens: 0 }
    const held = await reserveCall(needs, call).catch((error: unknown) => {
      if (!(error instanceof Problem && error.code === 'budget_exhausted')) throw error
    })
    if (held) others.push({ held, wave })
  }

  const act = async (action: Action, wave: number): Promise<Call | undefined> => {
    const picked = 'turn' in action ? turns[action.turn % Math.max(turns.length, 1)] : undefined
    switch (action.do) {
      case 'clock':
        now += action.hours * hourMs
        latest = Math.max(latest, now)
        return
      case 'begin': {
        const { who, where, amount } = action
        const turn: Turn = { id: newId(), who, where, amount, parentId: null, settled: [] }
        if (action.reply) turn.parentId = conversations.get(placeOf(turn))?.leaf ?? null
        turns.push(turn)
        return ask(turn, 'first')
      }
      case 'repeat':
        return picked && ask(picked, action.altered ? 'altered' : 'first')
      case 'settle': {
        picked?.settled.push({ cost: action.cost, wave })
        const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: action.cost }
        const [userId, turnId] = picked ? [userOf(picked), picked.id] : [admin, newId()]
        const { status } = action
        await store.finishTurn({ userId, turnId, text: 'Hi', status, usage, error: null, now: new Date(now) })
        return
      }
      case 'call':
        await holdOther(action.who, action.amount, wave)
        return
      case 'settle call': {
        const other = others[action.call % Math.max(others.length, 1)]
        if (other) await settleCall({ store, now: () => now }, other.held, { ...nothingUsed, costMicros: action.cost })
        return
      }
      case 'user caps': {
        const { day: dailyCapMicros, month: monthlyCapMicros } = action
        const user = users[action.who] ?? ''
        setCap(`user-day ${user}`, dailyCapMicros)
        setCap(`user-month ${user}`, monthlyCapMicros)
        await store.changeUser(admin, user, { dailyCapMicros, monthlyCapMicros }, newId())
        return
      }
      case 'instance cap':
        setCap('instance-month', action.month)
        await store.changeInstance(admin, { monthlyCapMicros: action.month }, newId())
        return
      case 'delete':
      case 'restore': {
        const [user = '', place = ''] = [users[action.who], places[action.who]?.[action.where]]
        if (action.do === 'delete') await store.deleteConversation(user, place, new Date(now))
        else await store.restoreConversation(user, place, new Date(0))
      }
    }
  }

  /** Whether each answer was one that this turn may get, whatever ran beside it. */
  const judge = (calls: Call[], wave: number, after: Map<string, number>, actions: Action[]) => {
    const fresh = calls.filter(({ reply }) => !(reply instanceof Problem) && reply.verdict === 'new')
    for (const { turn, digest, at, reply } of fresh) {
      expect(turn.accepted, 'a turn is accepted once').toBeUndefined()
      if (reply instanceof Problem) continue
      expect(reply.amount, 'what is held is the worst case').toBe(turn.amount)
      turn.accepted = { digest, messageId: reply.messageId, at, wave }
    }
    for (const call of calls) {
      const { turn, digest, reply } = call
      if (!(reply instanceof Problem)) {
        expect(turn.accepted, 'the same turn gets the same answer').toMatchObject({
          digest,
          messageId: reply.messageId,
        })
        if (reply.verdict === 'new' && turn.amount > 0)
          for (const [scope, key] of Object.entries(keysOf(call)))
            expect(after.get(key), `${key} after a turn was accepted`).toBeLessThanOrEqual(
              Math.max(...capsOf(scope, turn)),
            )
      } else if (reply.code === 'conflict') {
        expect(turn.accepted?.digest, 'only another body conflicts').not.toBe(digest)
        expect(turn.accepted, 'something to conflict with').toBeDefined()
      } else if (reply.code === 'not_found') {
        const isDeleted = conversations.get(placeOf(turn))?.deleted ?? false
        const wasChanged = actions.some((action) => action.do === 'delete' || action.do === 'restore')
        expect(isDeleted || wasChanged, 'only what is deleted is gone').toBe(true)
      } else {
        expect(reply.code).toBe('budget_exhausted')
        expect(turn.accepted?.wave ?? wave, 'a turn that was accepted is not refused').toBe(wave)
        const scope = reply.extra.cap as keyof ReturnType<typeof keysOf>
        const key = keysOf(call)[scope]
        const beside = fresh.filter((other) => keysOf(other)[scope] === key)
        const held = others.filter((other) => other.wave === wave).reduce((sum, { held }) => sum + held.amountMicros, 0)
        const most = (totals.get(key) ?? 0) + held + beside.reduce((sum, other) => sum + other.turn.amount, 0)
        expect(most + turn.amount, `refused by ${scope}`).toBeGreaterThan(Math.min(...capsOf(scope, turn)))
      }
    }
  }

  /** The ledger holds exactly the turns that were accepted, each closed at a figure that somebody named. */
  const audit = async () => {
    const entries =
      await sql`select reservation_id, kind, amount_micros::int from ledger where user_id = any(${users}) and purpose = 'chat'`
    const amountOf = (kinds: string[]) =>
      new Map(
        entries
          .filter(({ kind }) => kinds.includes(String(kind)))
          .map((row) => [row['reservation_id'], row['amount_micros']]),
      )
    const accepted = turns.filter((turn) => turn.accepted)
    expect(amountOf(['reserve'])).toEqual(new Map(accepted.map(({ id, amount }) => [id, amount])))
    const closed = amountOf(['settle', 'release'])
    for (const { id, amount, settled, accepted } of turns) {
      const charge: unknown = closed.get(id)
      const began = accepted?.wave ?? Infinity
      if (settled.some((settle) => settle.wave > began)) expect(charge, 'a settled turn is closed').toBeDefined()
      if (charge === undefined || !accepted) continue
      const figures = settled.map(({ cost }) => Math.min(cost, amount))
      const expired = latest > accepted.at.getTime() + 2 * hourMs
      expect(
        expired ? [...figures, amount] : figures,
        'charged what was settled, or all of it when given up',
      ).toContain(charge)
    }
  }

  const look = async () => {
    const rows =
      await sql`select scope || ' ' || owner_id || ' ' || period as key, (spent_micros + reserved_micros)::int as total from budgets`
    for (const row of await sql`select id, leaf_id, deleted_at from conversations where owner_id = any(${users})`)
      conversations.set(String(row['id']), { leaf: String(row['leaf_id']), deleted: row['deleted_at'] !== null })
    return new Map(rows.map((row) => [String(row['key']), Number(row['total'])]))
  }

  const readCaps = async () => {
    const rows = await sql`
      select 'user-day ' || id as cap, coalesce(daily_cap_micros, ${standard.userDay})::int as micros from users
      union all select 'user-month ' || id, coalesce(monthly_cap_micros, ${standard.userMonth}) from users
      union all select 'instance-month', coalesce(monthly_cap_micros, ${standard.instanceMonth}) from instance`
    for (const row of rows) caps.set(String(row['cap']), [Number(row['micros'])])
  }

  for (const [wave, actions] of plan.entries()) {
    await readCaps()
    const calls = (await Promise.all(actions.map((action) => act(action, wave)))).filter((call) => call !== undefined)
    const after = await look()
    judge(calls, wave, after, actions)
    await audit()
    expect(await broken()).toEqual([])
    totals = after
  }
}
