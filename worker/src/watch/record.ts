import type { Part } from '@macro-ai/shared'

/** A time in which a part did not work: from its first failure that was told to its last, or until it worked again. */
export type Trouble = { part: Part; began: number; last: number; times: number; isOpen: boolean }

const minuteMs = 60_000
/** Trouble that nobody met for so long is over: who was refused tries again sooner. */
const overAfterMs = 15 * minuteMs
const keptDays = 35

/** What did not work and when, in a Durable Object's own tables. */
export const recordOf = (sql: SqlStorage) => {
  sql.exec(`
    create table if not exists troubles (
      part text, began integer, last integer not null, times integer not null, is_open integer not null,
      primary key (part, began)
    ) without rowid`)

  return {
    /** Gives the trouble that this failure belongs to. */
    failed: (part: Part, now: number): Trouble => {
      sql.exec('update troubles set is_open = 0 where part = ? and is_open and last < ?', part, now - overAfterMs)
      const [open] = sql.exec<{ began: number; times: number }>(
        'update troubles set last = ?, times = times + 1 where part = ? and is_open returning began, times',
        now,
        part,
      )
      if (open) return { part, ...open, last: now, isOpen: true }
      sql.exec('delete from troubles where last < ?', now - keptDays * 1_440 * minuteMs)
      sql.exec('insert or replace into troubles values (?, ?, ?, 1, 1)', part, now, now)
      return { part, began: now, last: now, times: 1, isOpen: true }
    },

    worked: (part: Part, now: number): void => {
      sql.exec('update troubles set is_open = 0, last = ? where part = ? and is_open', now, part)
    },

    since: (from: number, now: number): Trouble[] =>
      [
        ...sql.exec<{ part: Part; began: number; last: number; times: number; is_open: number }>(
          'select * from troubles where last >= ? order by began',
          from,
        ),
      ].map(({ is_open: open, ...trouble }) => ({ ...trouble, isOpen: open > 0 && trouble.last >= now - overAfterMs })),
  }
}
