import type { EnterTurn, LeaseTerms, Standing } from '../adapters/database/banking.ts'
import type { FinishTurn } from '../adapters/database/finish.ts'
import type { ListPage } from '../adapters/database/lists.ts'

/** What is known of a person since the database was last asked, and what was borrowed for them. */
export type Borrower = {
  id: string
  /** Counts every change of the person's things: what was known before one is out of date. */
  epoch: number
  /** As of `standingEpoch`. */
  standing: Standing | null
  standingEpoch: number
  page: ListPage | null
  /** When a turn last began, in ms. */
  usedAt: number
  /** What the next lease is to be: the last turn's terms, whose caps are the settings'. */
  wants: Pick<LeaseTerms, 'amountMicros' | 'leastMicros' | 'caps'> | null
  /** The lease that was asked for and perhaps taken: without an answer nobody knows. */
  asked: LeaseTerms | null
}

/** A turn that the database has not got, or has not got the end of. */
export type OpenTurn = {
  id: string
  userId: string
  /** What it begins with; nothing of one that began in the database. */
  enter: EnterTurn | null
  finish: FinishTurn | null
  /** Of the lease it is held out of: the worst case while it runs, then what it cost. 0 where the database holds it. */
  micros: number
  /** The database will not have it, whatever is tried. */
  refused?: true
}

type PersonRow = { data: string; [column: string]: SqlStorageValue }
type TurnRow = { data: string; [column: string]: SqlStorageValue }

/** Longer than an id counts as new, see `chat/beginning.ts`. */
const claimMs = 60 * 60_000

const dates = ['now', 'expiresAt']
const revive = (key: string, value: unknown) =>
  dates.includes(key) && typeof value === 'string' ? new Date(value) : value

/** The till's book in its own SQLite: a row a person and a row an open turn. */
export const openBook = (sql: SqlStorage) => {
  sql.exec(`
    create table if not exists people (id text primary key, data text not null) without rowid;
    create table if not exists turns (place integer primary key, id text unique not null, user_id text not null, data text not null);
    create table if not exists claims (id text primary key, owner text not null, at integer not null) without rowid;
    create index if not exists claims_by_time on claims (at);`)

  const turnOf = ({ data }: TurnRow) => JSON.parse(data, revive) as OpenTurn

  return {
    person: (id: string): Borrower | undefined => {
      const [row] = sql.exec<PersonRow>('select data from people where id = ?', id)
      return row && (JSON.parse(row.data, revive) as Borrower)
    },
    people: (): Borrower[] =>
      [...sql.exec<PersonRow>('select data from people')].map(({ data }) => JSON.parse(data, revive) as Borrower),
    keepPerson: (person: Borrower) => {
      sql.exec('insert or replace into people (id, data) values (?, ?)', person.id, JSON.stringify(person))
    },
    forgetPerson: (id: string) => {
      sql.exec('delete from people where id = ?', id)
      sql.exec('delete from claims where owner = ?', id)
    },
    turn: (id: string): OpenTurn | undefined => {
      const [row] = sql.exec<TurnRow>('select data from turns where id = ?', id)
      return row && turnOf(row)
    },
    /** In the order in which they began. */
    turns: (userId?: string): OpenTurn[] =>
      [
        ...(userId === undefined
          ? sql.exec<TurnRow>('select data from turns order by place')
          : sql.exec<TurnRow>('select data from turns where user_id = ? order by place', userId)),
      ].map(turnOf),
    keepTurn: (turn: OpenTurn) => {
      sql.exec(
        `insert into turns (id, user_id, data) values (?, ?, ?) on conflict (id) do update set data = excluded.data`,
        turn.id,
        turn.userId,
        JSON.stringify(turn),
      )
    },
    forgetTurn: (id: string) => {
      sql.exec('delete from turns where id = ?', id)
    },
    /** Whether an id made by a client is this owner's: the first who comes with one has it. */
    claim: (id: string, owner: string, at: number): boolean => {
      sql.exec('delete from claims where at < ?', at - claimMs)
      sql.exec('insert or ignore into claims values (?, ?, ?)', id, owner, at)
      const [row] = sql.exec('select owner from claims where id = ?', id)
      return row?.['owner'] === owner
    },
  }
}
export type Book = ReturnType<typeof openBook>
