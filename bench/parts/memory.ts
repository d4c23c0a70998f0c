import { newId } from '@macro-ai/shared'
import { freePort } from '../../worker/local/commands/ports.ts'
import { askModel, hear, signIn } from '../client.ts'
import { residentMb } from '../cpu.ts'
import type { Part } from '../figures.ts'
import { inspect, type Inspector } from '../inspector.ts'
import { startBaseline, startOurs, type Stage } from '../stage.ts'

const turns = Number(process.env['TURNS'] ?? 10_000)
const atOnce = 8
/** Enough conversations that none is asked twice at once, few enough that a leak in one would show. */
const conversations = 80
const question = 'Say 20 tokens at once'
const looks = [0, 0.25, 0.5, 0.75, 1]

/** Megabytes of JavaScript that are still reachable. An isolate collects only while it works: `work` keeps it at that. */
const heapMb = async ({ ask }: Inspector, work: () => Promise<unknown>): Promise<number> => {
  await ask('HeapProfiler.enable')
  let collected = false
  const collecting = ask('HeapProfiler.collectGarbage').then(() => (collected = true))
  while (!collected) await work()
  await collecting
  const usage = await ask<{ usedSize: number; backingStorageSize: number }>('Runtime.getHeapUsage')
  return ((usage?.usedSize ?? NaN) + (usage?.backingStorageSize ?? NaN)) / 2 ** 20
}

/** Asks so many times, a few at once, and looks at the memory on the way. */
const over = async (ask: (place: number) => Promise<unknown>, look: () => Promise<number[]>) => {
  const seen: number[][] = []
  for (let done = 0; done <= turns; done += atOnce) {
    if (looks[seen.length] !== undefined && done >= turns * (looks[seen.length] ?? 1)) seen.push(await look())
    await Promise.all(Array.from({ length: atOnce }, (_, place) => ask(done + place)))
  }
  return seen
}

const ofOurs = async (stage: Stage) => {
  const inspectorPort = await freePort()
  const { url, pid, stop } = await startOurs(stage.variables, { inspectorPort })
  try {
    let person = await signIn(url)
    const ids = Array.from({ length: conversations }, () => newId())
    const ask = (place: number) =>
      hear(person.turn(question, { conversationId: ids[place % conversations] ?? newId() }))
    // Objects are made when they are first asked.
    await ask(0)
    const sides = await inspect(inspectorPort)
    return await over(ask, async () => {
      person = await signIn(url) // Its token lives for minutes.
      const resident = residentMb(pid)
      const heaps = []
      for (const { inspector } of sides) heaps.push(await heapMb(inspector, () => ask(0)))
      return [...heaps, resident]
    })
  } finally {
    await stop()
  }
}

const ofNative = async (stage: Stage) => {
  const { url, pid, stop } = await startBaseline('pass-through', stage.modelUrl)
  try {
    const ask = (place: number) => askModel(url.href, question, { 'x-object': String(place % conversations) })
    return await over(ask, () => Promise.resolve([residentMb(pid)]))
  } finally {
    await stop()
  }
}

/** Whether anything is left behind by a turn: memory over ten thousand of them. */
export const memory = async (stage: Stage): Promise<Part> => {
  const ours = await ofOurs(stage)
  const native = await ofNative(stage)
  const half = looks.indexOf(0.5)
  const growth = (column: number) => (ours.at(-1)?.[column] ?? NaN) / (ours[half]?.[column] ?? NaN)
  return {
    title: 'Memory over many turns',
    how:
      `${turns} turns of 20 tokens in ${conversations} conversations, ${atOnce} at once. What is reachable in each isolate after a ` +
      'collection is what Cloudflare limits to 128 MB and what would show a leak; the memory of the process is for the ' +
      'most part workerd’s own, and grows as well when it does nothing but pass on as many answers.',
    head: [
      'after turns',
      'reachable in the Worker, MB',
      'in the Durable Objects, MB',
      'process, MB',
      'native pass-through, MB',
    ],
    rows: looks.map((share, at) => [
      String(turns * share),
      ...(ours[at] ?? []).map((mb, column) => mb.toFixed(column < 2 ? 2 : 0)),
      ...(native[at] ?? []).map((mb) => mb.toFixed(0)),
    ]),
    bounds: [
      { what: 'reachable in the Worker, after all / after half of the turns', value: growth(0), atMost: 1.05 },
      { what: 'reachable in the Durable Objects, after all / after half', value: growth(1), atMost: 1.05 },
    ],
  }
}
