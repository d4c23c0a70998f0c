/**
 * An instance in bad weather: people talk while its database, cache, identity and model fail at random and workerd is
 * killed now and then. `pnpm soak --minutes 60 --seed 7`; the same seed makes the same faults in the same order.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { neon, neonConfig } from '@neondatabase/serverless'
import { brokenIn } from '../db/test/books.ts'
import { buildWorker } from '../worker/local/commands/bundles.ts'
import { startThrowaway } from '../worker/local/throwaway.ts'
import { signIn } from './client.ts'
import { residentMb } from './cpu.ts'
import { startOurs, type Instance } from './stage.ts'
import { createChance } from './soak/chance.ts'
import { nextTurn, say, textOf, type Seen } from './soak/person.ts'
import { nextFault } from './soak/weather.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    people: { type: 'string', default: '6' },
  },
})
const [minutes, seed, people] = [Number(values.minutes), Number(values.seed), Number(values.people)]
const tokenMs = 120_000

const [{ settings, stop: stopPlatform }] = await Promise.all([
  startThrowaway({ api: 8787, site: 5173, MODEL_PACE: '300' }),
  buildWorker(),
])
const control = (method: string, body?: object) =>
  fetch(`${settings.urls.platform}/faults`, { method, ...(body && { body: JSON.stringify(body) }) })
const variables: Record<string, string> = {
  ...(settings.worker as Record<string, string>),
  FIRST_BYTE_MS: '3000',
  STALL_MS: '3000',
  API_REQUESTS_PER_MINUTE: '1000000',
  USER_DAY_CAP_MICROS: '1000000000',
  USER_MONTH_CAP_MICROS: '1000000000',
  INSTANCE_MONTH_CAP_MICROS: '1000000000',
}
neonConfig.fetchEndpoint = variables['NEON_FETCH_ENDPOINT'] ?? ''
const sql = neon(variables['NEON_DATABASE_URL'] ?? '')

const storage = mkdtempSync(join(tmpdir(), 'macro-ai-soak-'))
let instance: Instance = await startOurs(variables, { storage })
const memory = [residentMb(instance.pid)]
let kills = 0
/** Dies as in a power cut, and comes back with what was written down. */
const kill = async () => {
  memory.push(residentMb(instance.pid))
  const dead = instance
  process.kill(dead.pid, 'SIGKILL')
  await dead.stop().catch(() => undefined)
  instance = await startOurs(variables, { storage })
  kills++
}

let held = { token: '', at: -Infinity }
const token = async () => {
  for (let tries = 0; Date.now() - held.at > tokenMs; tries++) {
    try {
      held = { token: (await signIn(instance.url)).token, at: Date.now() }
    } catch (error) {
      if (tries > 60) throw error
      await pause(500)
    }
  }
  return held.token
}
await token()

const statuses = new Map<string, number>()
const onStatus = (status: number, path: string) => {
  const key = `${path} ${status}`
  statuses.set(key, (statuses.get(key) ?? 0) + 1)
}
const until = Date.now() + minutes * 60_000
const seen: Seen[] = []

const talk = async (person: number) => {
  const chance = createChance(seed * 1_000 + person)
  const mine: Seen[] = []
  while (Date.now() < until) {
    const said = await say(() => ({ url: instance.url, token }), chance, nextTurn(chance, mine), onStatus)
    mine.push(said)
    seen.push(said)
    await pause(chance.between(50, 1_000))
  }
}

let faults = 0
const weather = async () => {
  const chance = createChance(seed)
  while (Date.now() < until) {
    await pause(chance.between(500, 2_500))
    if (chance.comes(0.03)) await kill()
    else if (chance.comes(0.25)) await control('DELETE')
    else {
      await control('POST', nextFault(chance))
      faults++
    }
  }
  await control('DELETE')
}

console.log(`seed ${seed}, ${people} people, ${minutes} minutes`)
await Promise.all([weather(), ...Array.from({ length: people }, (_, person) => talk(person))])

/** Waits until every answer is over and saved: alarms come back to what was left behind. */
const settled = async () => {
  for (let tries = 0; tries < 90; tries++) {
    const [open] =
      await sql`select (select count(*) from messages where status = 'streaming')::int as streaming, (select count(*) from reservations)::int as held`
    if (open?.['streaming'] === 0 && open['held'] === 0) return true
    await pause(1_000)
  }
  return false
}
const problems: string[] = []
if (!(await settled())) problems.push('answers or reservations were still open after 90 s of good weather')
memory.push(residentMb(instance.pid))

for (const said of seen.filter(({ accepted }) => accepted)) {
  const { turnId } = said.turn
  const [answer, ...more] = await sql`select text, status from messages where turn_id = ${turnId}::uuid`
  const [money] = await sql`
    select count(*) filter (where kind = 'reserve')::int as reserved, count(*) filter (where kind <> 'reserve')::int as closed
    from ledger where reservation_id = ${turnId}::uuid`
  if (!answer || more.length > 0) problems.push(`${turnId}: ${answer ? 'two answers' : 'lost'}`)
  else if (said.end && said.end.status !== answer['status'])
    problems.push(`${turnId}: told ${said.end.status}, kept ${answer['status']}`)
  // Of an answer that was cut off, what was told after the last checkpoint is forgotten, and said so.
  else if (
    said.end?.status === 'complete' ? answer['text'] !== textOf(said) : !textOf(said).startsWith(String(answer['text']))
  )
    if (said.end) problems.push(`${turnId}: kept another text than was told (${said.end.status})`)
  if (money?.['reserved'] !== 1 || money['closed'] !== 1)
    problems.push(`${turnId}: reserved ${money?.['reserved']} times, closed ${money?.['closed']} times`)
}
problems.push(...(await brokenIn(sql)))
for (const [key, count] of statuses) if (key.endsWith(' 500')) problems.push(`${count} × ${key}`)

await instance.stop()
await stopPlatform()
rmSync(storage, { recursive: true, force: true })

const share = (count: number) => `${((100 * count) / seen.length).toFixed(1)} %`
const fine = seen.filter(({ end }) => end && end.status !== 'failed')
const outcomes = Object.entries(Object.groupBy(seen, ({ end, gaveUp }) => end?.status ?? gaveUp ?? 'none'))
console.table({
  turns: seen.length,
  faults,
  'times workerd was killed': kills,
  'answered, as users see it': share(fine.length),
  'answered at once, without a repeat': share(fine.filter(({ retries }) => retries === 0).length),
  'how they ended': outcomes.map(([status, of]) => `${status} ${of?.length}`).join(', '),
  'answers to requests': [...statuses]
    .sort()
    .map(([key, count]) => `${key}: ${count}`)
    .join(', '),
  'memory of workerd, MB': memory.map((mb) => mb.toFixed(0)).join(' → '),
  problems: problems.length,
})
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
