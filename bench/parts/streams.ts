import { newId } from '@macro-ai/shared'
import { signIn, type Person } from '../client.ts'
import { cpuMs, residentMb } from '../cpu.ts'
import { quantile, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

const readers = 500
const answers = 25
const seconds = 15

/** Reads to the end: the gaps between what came, and the text without the events' numbers. */
const read = async (asked: Response | Promise<Response>) => {
  const answer = await asked
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`)
  const gaps: number[] = []
  const decoder = new TextDecoder()
  let text = ''
  let last = performance.now()
  for await (const part of answer.body ?? []) {
    const now = performance.now()
    if (text !== '') gaps.push(now - last)
    last = now
    text += decoder.decode(part, { stream: true })
  }
  return { gaps, text }
}

/** Begins an answer; what it gives ends when all of its readers have read it. */
const follow = async (person: Person) => {
  const [turnId, conversationId] = [newId(), newId()]
  const asked = await person.turn(`Write ${20 * seconds} tokens at 20`, { conversationId, turnId })
  const path = `/turns/${turnId}/events?conversationId=${conversationId}`
  const followers = Array.from({ length: readers / answers - 1 }, () => read(person.send('GET', path)))
  return { heard: Promise.all([read(asked), ...followers]) }
}

/** How many readers are held at once on this machine, and how evenly they are served. */
export const streams = async (stage: Stage): Promise<Part> => {
  const { url, pid, stop } = await startOurs(stage.variables)
  try {
    const person = await signIn(url)
    const before = { cpu: cpuMs(pid), mb: residentMb(pid) }
    const started = performance.now()
    const talks: ReturnType<typeof follow>[] = []
    // One after the other, as people come: what is measured is holding them, not all of them arriving at once.
    for (let place = 0; place < answers; place++) {
      const talk = follow(person)
      talks.push(talk)
      await talk
    }
    const heard = await Promise.all(talks.map(async (talk) => (await talk).heard))
    const tookMs = performance.now() - started
    const all = heard.flat()
    const complete = all.filter(({ text }) => text.includes('"status":"complete"')).length
    const same = heard.filter((talk) => new Set(talk.map(({ text }) => text)).size === 1).length
    const gaps = all.flatMap((reader) => reader.gaps)
    return {
      title: 'Readers at once',
      how: `${readers} readers of ${answers} answers, each ${seconds} s long at 20 tokens a second. Client, database and model share the machine with workerd.`,
      head: ['what', 'figure'],
      rows: [
        ['readers that got their answer whole', `${complete} of ${readers}`],
        ['answers whose readers all saw the same events', `${same} of ${answers}`],
        [
          'gap between frames, median / 99th percentile / longest, ms',
          [0.5, 0.99, 1].map((share) => quantile(gaps, share).toFixed(0)).join(' / '),
        ],
        ['took in all, s', (tookMs / 1000).toFixed(1)],
        ['CPU of workerd, of one core', `${((100 * (cpuMs(pid) - before.cpu)) / tookMs).toFixed(0)} %`],
        ['memory of workerd, before / after, MB', `${before.mb.toFixed(0)} / ${residentMb(pid).toFixed(0)}`],
      ],
      bounds: [
        { what: 'readers that did not get their answer whole', value: readers - complete, atMost: 0 },
        { what: 'answers whose readers saw different events', value: answers - same, atMost: 0 },
      ],
    }
  } finally {
    await stop()
  }
}
