import type { Board, Limit } from '@macro-ai/shared'
import { board } from '../board/board.ts'
import { refreshReadings } from '../board/readings.ts'
import { dayMs, dayOf, hourMs } from '../board/calendar.ts'
import type { Deps } from '../deps.ts'
import { log } from '../log.ts'
import { digestMessage, warningMessage, type Message, type Warning } from './message.ts'
import { stopToken } from './signing.ts'

type Needs = Pick<
  Deps,
  'store' | 'meter' | 'caps' | 'now' | 'tally' | 'settings' | 'channels' | 'freeModel' | 'sources' | 'relief'
>

const thresholds = [1, 0.8, 0.5]

/** The period that a limit's warnings belong to: in the next one they are given anew. */
const periodOf = ({ period }: Limit, today: string) =>
  period === 'day' ? today : period === 'month' ? today.slice(0, 7) : today.slice(0, 4)

const passed = (limit: Limit, kind: Warning['kind']): Warning | undefined => {
  if (limit.limit === 0) return undefined
  const threshold = thresholds.find((one) =>
    kind === 'actual'
      ? limit.share >= one
      : // A forecast that is all guesswork warns of nothing.
        limit.forecastShare >= one && limit.forecastLowShare >= one / 2 && limit.share < one,
  )
  return threshold === undefined ? undefined : { limit, kind, threshold }
}

/** What the owner should hear now, each thing once a period: the highest threshold passed tells of those below. */
const newWarnings = async ({ meter }: Needs, { items }: Board, today: string) => {
  const due = items
    .filter(({ period }) => period !== 'request')
    .flatMap((limit) => [passed(limit, 'actual'), passed(limit, 'forecast')])
    .filter((warning) => warning !== undefined)
  const claimed: { warning: Warning; keys: string[] }[] = []
  for (const warning of due) {
    const prefix = `alert:${warning.limit.id}:${warning.kind}:${periodOf(warning.limit, today)}`
    const keys = thresholds.filter((one) => one <= warning.threshold).map((one) => `${prefix}:${one}`)
    const fresh = []
    for (const key of keys) if (await meter().claim(key)) fresh.push(key)
    if (fresh.includes(`${prefix}:${warning.threshold}`)) claimed.push({ warning, keys: fresh })
  }
  return claimed
}

const stopUrlOf = async ({ settings: { SITE_SECRET, API_URL }, now }: Needs) =>
  SITE_SECRET && API_URL ? `${API_URL}/stop/${await stopToken(SITE_SECRET, now())}` : null

/** Sends a message; what could not be sent at all is given back, to be said another time. */
export const send = async (
  { channels, meter }: Pick<Needs, 'channels' | 'meter'>,
  message: Message,
  keys: string[],
) => {
  const results = await Promise.allSettled(channels.map((channel) => channel(message)))
  for (const result of results) if (result.status === 'rejected') log.warn('alert', { error: String(result.reason) })
  if (results.some(({ status }) => status === 'fulfilled')) return
  for (const key of keys) await meter().unclaim(key)
}

/** Looks at the board and tells the owner what they have not heard yet. `ageMs`: see `board`. */
export const checkLimits = async (needs: Needs, ageMs = 0): Promise<void> => {
  // Also without anybody to tell: what the board finds out decides what rests.
  const [seen, today] = [await board(needs, ageMs), dayOf(needs.now())]
  if (needs.channels.length === 0) return
  const claimed = await newWarnings(needs, seen, today)
  if (claimed.length > 0) {
    const message = warningMessage(
      claimed.map(({ warning }) => warning),
      await stopUrlOf(needs),
    )
    await send(
      needs,
      message,
      claimed.flatMap(({ keys }) => keys),
    )
  }
  const monday = dayOf(needs.now() - ((new Date(needs.now()).getUTCDay() + 6) % 7) * dayMs)
  const digest = `alert:digest:${monday}`
  if (await needs.meter().claim(digest)) await send(needs, digestMessage(seen), [digest])
}

/** The clock leaves the database asleep, but for one look a day. */
const quietMs = dayMs - hourMs

/** Run by the clock, on what the meter knows. Looks only when something happened since the last time, or a day has gone by. */
export const onClock = async (needs: Needs): Promise<void> => {
  const today = dayOf(needs.now())
  const [counts, noted] = await needs.tally.drain((report) =>
    Promise.all([needs.meter().read(report, today), needs.meter().notes('clock')]),
  )
  const requests = counts.find(({ metric, day }) => metric === 'workers.requests' && day === today)?.amount ?? 0
  const last =
    noted['clock'] === undefined ? undefined : (JSON.parse(noted['clock']) as { at: number; requests: number })
  if (last && last.requests === requests && needs.now() - last.at < quietMs) return
  await refreshReadings(needs)
  await needs.meter().note('clock', JSON.stringify({ at: needs.now(), requests }))
  await checkLimits(needs, quietMs)
}
