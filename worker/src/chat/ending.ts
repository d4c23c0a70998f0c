import type { Usage } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { nothingUsed, safeEstimate } from '../spending/price.ts'
import type { Embedded } from '../vectors.ts'
import { EventLog, sourcesOf, textOf } from './event-log.ts'
import type { Journal, TurnRecord } from './journal.ts'

/** Tokens a provider may have made between the last checkpoint and noticing that we are gone. */
const unseenTokens = 512

/** Whether an answer ended because its object died: only then nobody could say why. */
export const wasCut = ({ status, error }: NonNullable<TurnRecord['result']>): boolean =>
  status === 'interrupted' && !error

type Needs = { deps: Deps; journal: Journal; later: (work: Promise<unknown>) => void }

/** How turns get from the journal into the database, at once or however long after. */
export const openEndings = ({ deps, journal, later }: Needs) => {
  /** Puts an ended turn into the database. False when it is away: it is tried again, however long it takes. */
  const save = async (record: TurnRecord, asked?: Embedded): Promise<boolean> => {
    const { result } = record
    if (!result) return false
    try {
      const ended = {
        userId: record.userId,
        turnId: record.id,
        text: result.text,
        status: result.status,
        usage: result.usage,
        error: result.error ?? null,
        title: result.title,
        sources: result.sources ?? [],
        now: new Date(deps.now()),
        asked,
      }
      if (deps.till) await deps.till.finish(ended)
      else later(deps.pages.change(record.userId, await deps.store.finishTurn(ended), asked))
      return true
    } catch (error) {
      log.warn('save', { turnId: record.id, failures: record.failures, error: String(error) })
      journal.write({ ...record, failures: record.failures + 1 })
      return false
    }
  }

  /** What a turn cost whose object died, by a safe estimate; all that was held where its model has no price any more. */
  const costOf = (record: TurnRecord, text: string): Usage => {
    if (record.state === 'begun') return nothingUsed
    const price = deps.models.get(record.model)
    if (!price) return { ...nothingUsed, costMicros: record.reservedMicros ?? 0 }
    const estimate = safeEstimate(price, record.inputTokens, text, unseenTokens)
    return { ...estimate, costMicros: estimate.costMicros + record.titleMicros }
  }

  /** The end of a turn whose object died: its text up to the last checkpoint, and what that cost. */
  const interrupt = (record: TurnRecord): TurnRecord => {
    const frames = journal.frames(record.id)
    const text = textOf(frames)
    const ended: TurnRecord = {
      ...record,
      state: 'ending',
      result: { status: 'interrupted', usage: costOf(record, text), text, sources: sourcesOf(frames) },
    }
    journal.write(ended)
    return ended
  }

  /** Readers of a turn's events must come to an end too, also when the object died just before telling it. */
  const tellEnd = ({ id, result }: TurnRecord) => {
    const events = new EventLog(journal.frames(id))
    if (!result || events.frames.length === 0 || events.frames.at(-1)?.includes('\nevent: end\n')) return
    const { text: _, title: __, sources: ___, ...end } = result
    events.append('end', end)
    journal.addFrames(id, events.frames.length, events.frames.slice(-1))
  }

  return {
    save,
    /** Finishes a turn that a former life of the object left undone. False while the database is away. */
    recover: async (record: TurnRecord): Promise<boolean> => {
      const ended = record.result ? record : interrupt(record)
      tellEnd(ended)
      const saved = await save(ended)
      if (saved) journal.write({ ...ended, state: 'done' })
      return saved
    },
  }
}
