import { DurableObject } from 'cloudflare:workers'
import type { Part, Reduction } from '@macro-ai/shared'
import type { Env } from '../env.ts'
import { factsIn } from '../board/facts.ts'
import { reckon } from '../relief/reckoning.ts'
import { readSettings, type Settings } from '../settings.ts'
import { recordOf } from '../watch/record.ts'
import { windowMs, type Counted, type Report } from './tally.ts'

const keptDays = 400

export type Count = { day: string; metric: Counted | 'windows'; amount: number }

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)

/** The instance's counts by UTC day. One object; isolates report to it now and then, and nothing else wakes it. */
export class Meter extends DurableObject<Env> {
  readonly #sql: SqlStorage
  readonly #record: ReturnType<typeof recordOf>
  readonly #settings: Settings

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#sql = ctx.storage.sql
    this.#record = recordOf(this.#sql)
    this.#settings = readSettings(env)
    this.#sql.exec(`
      create table if not exists counts (day text, metric text, amount real not null, primary key (day, metric)) without rowid;
      create table if not exists windows (at integer primary key);
      create table if not exists notes (key text primary key, value text not null) without rowid;`)
  }

  /**
   * Takes a report and gives what rests from now on: isolates learn it with the call that they make anyway. With it,
   * when the database was last asked what only it knows.
   */
  add(report: Report): { reductions: Reduction[]; factsAt: string | null } {
    this.#take(report)
    const { reductions, facts } = this.#reckon(Date.now())
    return { reductions, factsAt: facts?.at ?? null }
  }

  /** What was in trouble since `from`, what rests, and what the database told last: for the status. */
  standing(from: number) {
    const now = Date.now()
    return { troubles: this.troubles(from), ...this.#reckon(now) }
  }

  #reckon(now: number) {
    const month = `${dayOf(now).slice(0, 7)}-01`
    const told = this.#sql.exec<Count>('select day, metric, amount from counts where day >= ?', month)
    const counts = [...told]
    this.#count(dayOf(now), 'objects.rowsRead', told.rowsRead)
    const notes = { ...this.notes('facts'), ...this.notes('provider:') }
    return { reductions: reckon({ counts, notes, settings: this.#settings, now }), facts: factsIn(notes, now) }
  }

  /** Takes a last report and gives the counts of every day from `from` on. */
  read(report: Report, from: string): Count[] {
    this.#take(report)
    return [...this.#sql.exec<Count>('select day, metric, amount from counts where day >= ?', from)]
  }

  #take({ counts, windows }: Report): void {
    const today = dayOf(Date.now())
    this.#forget(today)
    for (const window of windows) {
      const { rowsWritten } = this.#sql.exec('insert or ignore into windows (at) values (?)', window)
      if (rowsWritten > 0) this.#count(dayOf(window * windowMs), 'windows', 1)
    }
    const own = { 'objects.requests': 1, 'objects.rowsWritten': Object.keys(counts).length + 2 * windows.length }
    for (const [metric, amount] of [...Object.entries(counts), ...Object.entries(own)])
      this.#count(today, metric, amount)
  }

  #count(day: string, metric: string, amount: number): void {
    this.#sql.exec(
      `insert into counts (day, metric, amount) values (?, ?, ?)
       on conflict do update set amount = amount + excluded.amount`,
      day,
      metric,
      amount,
    )
  }

  failed(part: Part) {
    return this.#record.failed(part, Date.now())
  }

  worked(part: Part): void {
    this.#record.worked(part, Date.now())
  }

  /** What was in trouble since then. */
  troubles(from: number) {
    return this.#record.since(from, Date.now())
  }

  note(key: string, value: string): void {
    this.#sql.exec('insert or replace into notes (key, value) values (?, ?)', key, value)
  }

  /** What was noted under keys that begin with `prefix`. */
  notes(prefix: string): Record<string, string> {
    const rows = this.#sql.exec<{ key: string; value: string }>(
      'select * from notes where substr(key, 1, ?) = ?',
      prefix.length,
      prefix,
    )
    return Object.fromEntries([...rows].map(({ key, value }) => [key, value]))
  }

  /** True for the first who asks with this key: that one does it. */
  claim(key: string): boolean {
    return this.#sql.exec("insert or ignore into notes (key, value) values (?, '')", key).rowsWritten > 0
  }

  /** Gives back what was claimed and could not be done. */
  unclaim(key: string): void {
    this.#sql.exec('delete from notes where key = ?', key)
  }

  #forget(today: string): void {
    if (!this.claim(`day:${today}`)) return
    const oldest = Date.parse(today) - keptDays * 86_400_000
    this.#sql.exec('delete from counts where day < ?', dayOf(oldest))
    this.#sql.exec('delete from windows where at < ?', oldest / windowMs)
    this.#sql.exec("delete from notes where substr(key, 1, 4) = 'day:' and key <> ?", `day:${today}`)
    // Claims of an hour of trouble, `trouble:database:2026-11-26T02`.
    this.#sql.exec("delete from notes where substr(key, 1, 8) = 'trouble:' and substr(key, -13, 10) < ?", today)
  }
}

export const meterOf = (env: Env) => env.METER.get(env.METER.idFromName('meter'))
