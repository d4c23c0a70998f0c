import type { MessageStatus, ProblemBody, Source, Usage } from '@macro-ai/shared'
import type { Known } from './known.ts'

export type TurnState =
  /** The reservation may or may not have been made; the model was not called. */
  | 'begun'
  /** The model is being called. */
  | 'running'
  /** The answer is over; the database does not have it yet. */
  | 'ending'
  | 'done'

/** What a turn needs to be finished by whoever wakes up after a crash. */
export type TurnRecord = {
  id: string
  state: TurnState
  digest: string
  userId: string
  conversationId: string
  model: string
  inputTokens: number
  /** What a title may have cost that was being asked for. */
  titleMicros: number
  /** All that is held for it; a record of before 27 November 2026 does not tell. */
  reservedMicros?: number
  result: {
    status: MessageStatus
    usage: Usage
    error?: ProblemBody
    text: string
    title?: string
    sources?: Source[]
  } | null
  /** How often saving the end has failed. */
  failures: number
}

type Row = { id: string; state: TurnState; record: string; [column: string]: SqlStorageValue }

/**
 * A conversation's turns and their numbered events, in the object's own SQLite. Events are written about once a second,
 * many to a row: the free plan counts rows.
 */
export const openJournal = (sql: SqlStorage) => {
  sql.exec(`
    create table if not exists turns (id text primary key, state text not null, record text not null) without rowid;
    create index if not exists unfinished on turns (id) where state <> 'done';
    create table if not exists frames (turn_id text, first_id integer, data text not null, primary key (turn_id, first_id)) without rowid;
    create table if not exists known (one integer primary key, data text not null);`)

  const parse = ({ id, state, record }: Row): TurnRecord => ({
    ...(JSON.parse(record) as Omit<TurnRecord, 'id' | 'state'>),
    id,
    state,
  })

  return {
    find: (id: string): TurnRecord | undefined => {
      const [row] = sql.exec<Row>('select * from turns where id = ?', id)
      return row && parse(row)
    },
    unfinished: (): TurnRecord[] => [...sql.exec<Row>("select * from turns where state <> 'done'")].map(parse),
    write: ({ id, state, ...record }: TurnRecord) => {
      sql.exec('insert or replace into turns (id, state, record) values (?, ?, ?)', id, state, JSON.stringify(record))
    },
    forget: (id: string) => {
      sql.exec('delete from turns where id = ?', id)
    },
    forgetAll: () => {
      sql.exec('delete from turns; delete from frames; delete from known')
    },
    /** Whether no turn has been here, as far as this object remembers. */
    isFresh: (): boolean => [...sql.exec("select 1 from turns where state <> 'begun' limit 1")].length === 0,
    /** What the last turn left for the next one to begin with. */
    known: (): Known | undefined => {
      const [row] = sql.exec<{ data: string }>('select data from known')
      return row && (JSON.parse(row.data) as Known)
    },
    keepKnown: (known: Known) => {
      sql.exec('insert or replace into known (one, data) values (1, ?)', JSON.stringify(known))
    },
    forgetKnown: () => {
      sql.exec('delete from known')
    },
    /** Adds events, encoded, numbered from `firstId` on. */
    addFrames: (id: string, firstId: number, frames: string[]) => {
      sql.exec('insert into frames (turn_id, first_id, data) values (?, ?, ?)', id, firstId, JSON.stringify(frames))
    },
    /** Every event of a turn, encoded, in order: the first has number 1. */
    frames: (id: string): string[] =>
      [...sql.exec<{ data: string }>('select data from frames where turn_id = ? order by first_id', id)].flatMap(
        ({ data }) => JSON.parse(data) as string[],
      ),
  }
}

export type Journal = ReturnType<typeof openJournal>
