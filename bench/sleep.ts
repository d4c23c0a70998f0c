import { newId } from '../shared/src/uuid.ts'
import { buildWorker } from '../worker/local/commands/bundles.ts'
import { startThrowaway } from '../worker/local/throwaway.ts'
import { startOurs } from './stage.ts'

/**
 * How long the database is awake when turns come evenly spaced: the platform's database is watched while the real Worker
 * serves them, with all times made shorter by `scale`. Neon's smallest compute is awake while it is asked and for five
 * minutes after, and 100 CU-hours a month are 400 hours of it.
 */
const scale = 240
const idleMs = 300_000 / scale
const freeHoursADay = 400 / 30

type Day = { turnsADay: number; restSeconds: number; hours: number; people: number }
type Slept = { turns: number; awakeHoursADay: number; fits: boolean; wakes: number; trips: number }

const watch = (control: string) => {
  const trips: number[] = []
  let seen = 0
  const look = async () => {
    const { database } = (await (await fetch(`${control}/counters`)).json()) as { database: number }
    for (; seen < database; seen++) trips.push(performance.now())
  }
  const timer = setInterval(() => void look().catch(() => undefined), 20)
  return { trips, stop: () => clearInterval(timer) }
}

const awakeMs = (trips: number[]): { ms: number; wakes: number } => {
  let [ms, wakes, until] = [0, 0, -Infinity]
  for (const at of trips) {
    if (at >= until) wakes++
    ms += at + idleMs - Math.max(at, until)
    until = at + idleMs
  }
  return { ms, wakes }
}

/** Conversations of five turns each, by people who take turns, as evenly as can be: nothing is ever close together. */
export const sleepThrough = async ({ turnsADay, restSeconds, hours, people }: Day): Promise<Slept> => {
  const platform = await startThrowaway({ api: 8787, site: 5173, MODEL_PACE: '200' })
  const platformUrl = platform.settings.urls.platform
  const worker = await startOurs({
    ...(platform.settings.worker as Record<string, string>),
    DATABASE_REST_SECONDS: String(Math.round(restSeconds / scale)),
    JOIN: 'open',
    AUTH_LIMIT_PER_ACCOUNT: '10000',
    AUTH_LIMIT_PER_ADDRESS: '10000',
    AUTH_FLOOR_MS: '0',
  })
  const post = (path: string, body: object, token?: string) =>
    fetch(new URL(path, worker.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  const password = 'Correct-h0rse battery'
  const members = await Promise.all(
    Array.from({ length: people }, async (_, n) => {
      const email = `${n}@example.org`
      await post('/auth/sign-up', { email, password })
      await post('/auth/confirm', { email, code: '123456' })
      const { accessToken } = (await (await post('/auth/sign-in', { email, password })).json()) as {
        accessToken: string
      }
      return { accessToken, conversationId: newId(), parentId: null as string | null, turns: 0 }
    }),
  )
  const everyMs = 86_400_000 / turnsADay / scale
  const turns = Math.round((turnsADay / 24) * hours)
  let watched = watch(platformUrl)
  const say = async (member: (typeof members)[number]) => {
    if (member.turns++ % 5 === 0) Object.assign(member, { conversationId: newId(), parentId: null })
    const { conversationId, parentId } = member
    const answer = await post(
      '/turns',
      { turnId: newId(), conversationId, parentId, text: 'Say exactly: good' },
      member.accessToken,
    )
    const text = await answer.text()
    if (!text.includes('"status":"complete"')) throw new Error(text)
    member.parentId = /"messageId":"([^"]+)"/.exec(text)?.[1] ?? null
  }
  // Everybody's first turn of all wakes the database anyway, and none of it belongs to the day in the middle.
  for (const member of members) await say(member)
  watched.stop()
  watched = watch(platformUrl)
  const began = performance.now()
  for (let n = 0; n < turns; n++) {
    const member = members[n % members.length]
    if (!member) throw new Error('nobody')
    const due = began + n * everyMs
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())))
    await say(member)
  }
  const took = performance.now() - began
  watched.stop()
  const trips = watched.trips.filter((at) => at >= began)
  const { ms, wakes } = awakeMs(trips)
  await worker.stop()
  await platform.stop()
  const awakeHoursADay = Math.min(24, (ms / took) * 24)
  return { turns, awakeHoursADay, fits: awakeHoursADay <= freeHoursADay, wakes, trips: trips.length }
}

if (import.meta.main) {
  await buildWorker()
  const rows: Record<string, string | number>[] = []
  for (const day of [
    { turnsADay: 1_000, restSeconds: 0, hours: 2, people: 20 },
    { turnsADay: 1_000, restSeconds: 1_800, hours: 6, people: 20 },
    { turnsADay: 1_000, restSeconds: 1_800, hours: 6, people: 100 },
  ]) {
    const { turns, awakeHoursADay, fits, wakes, trips } = await sleepThrough(day)
    rows.push({
      'turns a day': day.turnsADay,
      people: day.people,
      'waits at most': `${day.restSeconds / 60} min`,
      'turns measured': turns,
      trips,
      wakes,
      'awake, hours a day': awakeHoursADay.toFixed(1),
      [`fits ${freeHoursADay.toFixed(1)} h`]: fits ? 'yes' : 'no',
    })
  }
  console.table(rows)
}
