import { newId } from '@macro-ai/shared'
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { openJournal, type TurnRecord, type TurnState } from '../src/chat/journal.ts'
import { perTurn } from '../src/metering/per-turn.ts'

const recordOf = (state: TurnState): TurnRecord => ({
  id: newId(),
  state,
  digest: 'd'.repeat(64),
  userId: newId(),
  conversationId: newId(),
  model: 'demo',
  inputTokens: 100,
  titleMicros: 0,
  result: null,
  failures: 0,
})

/** SQL that keeps count of the rows it read and wrote: the free plan allows so many a day. */
const counted = (sql: SqlStorage) => {
  const cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = []
  const exec: SqlStorage['exec'] = (query, ...bindings) => {
    const cursor = sql.exec<never>(query, ...(bindings as SqlStorageValue[]))
    cursors.push(cursor)
    return cursor
  }
  const sum = (what: 'rowsRead' | 'rowsWritten') => cursors.reduce((total, cursor) => total + cursor[what], 0)
  return { sql: { exec } as SqlStorage, count: () => ({ read: sum('rowsRead'), written: sum('rowsWritten') }) }
}

/** What `chat.ts` asks of the journal for one turn of five seconds. */
const oneTurn = (journal: ReturnType<typeof openJournal>) => {
  const record = recordOf('begun')
  journal.find(record.id)
  journal.frames(record.id)
  journal.unfinished()
  journal.write(record)
  journal.known()
  journal.isFresh()
  journal.forgetKnown()
  for (let second = 0; second < 5; second++) journal.addFrames(record.id, 1 + second * 12, [`frame ${second}`])
  for (const state of ['running', 'ending', 'done'] as const) journal.write({ ...record, state })
  journal.unfinished()
}

test('a turn reads and writes as few rows of its object’s journal after 2,000 turns as after 20, and no more than the board reckons with', async () => {
  const spent = await runInDurableObject(env.CHAT.get(env.CHAT.idFromName(newId())), (_, { storage }) => {
    const plain = openJournal(storage.sql)
    const after = (turns: number) => {
      for (let turn = 0; turn < turns; turn++) {
        const record = recordOf('done')
        plain.write(record)
        plain.addFrames(record.id, 1, ['a', 'b'])
      }
      const { sql, count } = counted(storage.sql)
      const journal = openJournal(sql)
      const before = count()
      oneTurn(journal)
      const { read, written } = count()
      return { read: read - before.read, written: written - before.written }
    }
    return { few: after(20), many: after(1_980) }
  })
  expect(spent.many.read).toBeLessThanOrEqual(spent.few.read * 1.2)
  expect(spent.many.written).toBe(spent.few.written)
  expect(spent.many.read).toBeLessThanOrEqual(perTurn.rowsRead)
  // The till's rows, and the alarm's, are in the board's figure too.
  expect(spent.many.written).toBeLessThanOrEqual(perTurn.rowsWritten + 5 * perTurn.rowsWrittenASecond)
})
