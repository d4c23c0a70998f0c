import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { freePort } from '../../worker/local/commands/ports.ts'
import { hear, signIn } from '../client.ts'
import { median } from '../cpu.ts'
import { spread, type Part } from '../figures.ts'
import { inspect } from '../inspector.ts'
import { startOurs, type Instance, type Stage } from '../stage.ts'

type Profile = {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  timeDeltas: number[]
}
/** Time in which no JavaScript ran: `(program)` is the runtime's own code. */
const notScript = new Set(['(idle)', '(program)', '(root)'])

/**
 * Samples are taken only while somebody is in the isolate, so a delta after a pause tells nothing: a sample counts for no
 * more than the time between two that follow each other.
 */
const scriptMs = ({ nodes, samples, timeDeltas }: Profile): number => {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]))
  const interval = median(timeDeltas.filter((delta) => delta > 0 && delta < 1000))
  const script = samples.map((id, at) =>
    notScript.has(names.get(id) ?? '') ? 0 : Math.min(timeDeltas[at] ?? 0, interval),
  )
  return script.reduce((sum, micros) => sum + micros, 0) / 1000
}

const turnsARound = 4

/** What one piece of work takes of script in the Worker and in the Durable Objects, each round in ms. */
const scriptOf = async (
  stage: Stage,
  rounds: number,
  prepare: (instance: Instance) => Promise<() => Promise<unknown>>,
) => {
  const inspectorPort = await freePort()
  const instance = await startOurs(stage.variables, { inspectorPort })
  try {
    const work = await prepare(instance)
    const sides = (await inspect(inspectorPort)).map((side) => ({ ...side, found: [] as number[] }))
    for (const { inspector } of sides) {
      await inspector.ask('Profiler.enable')
      await inspector.ask('Profiler.setSamplingInterval', { interval: 100 })
    }
    for (let round = -1; round < rounds; round++) {
      for (const { inspector } of sides) await inspector.ask('Profiler.start')
      for (let time = 0; time < turnsARound; time++) await work()
      for (const { inspector, found } of sides) {
        const stopped = await inspector.ask<{ profile: Profile }>('Profiler.stop')
        if (!stopped) throw new Error('The profiler gave no profile')
        if (round >= 0) found.push(scriptMs(stopped.profile) / turnsARound)
      }
    }
    for (const { inspector } of sides) inspector.close()
    return sides
  } finally {
    await instance.stop()
  }
}

/** The JavaScript of a turn, by V8's own profiler, in the Worker and in the Durable Object. */
export const profile = async (stage: Stage, rounds: number): Promise<Part> => {
  const sides = await scriptOf(stage, rounds, async ({ url }) => {
    const person = await signIn(url)
    return () => hear(person.turn('Write 1000 tokens at 1000'))
  })
  return {
    title: 'Script CPU of a turn',
    how:
      'V8’s sampling profiler over turns of 1,000 tokens, Worker and Durable Object in isolates of their own: the time ' +
      'in which JavaScript or the garbage collector ran. The free plan gives each of them 10 ms.',
    head: ['where', 'ms a turn'],
    rows: sides.map(({ where, found }) => [where, spread(found, 2)]),
    bounds: sides.map(({ where, found }) => ({
      what: `script CPU of a turn in the ${where}, ms`,
      value: median(found),
      atMost: 10,
      isTime: true,
    })),
  }
}

/** Nearly as much as a call to `/v1` may bring. */
const pictureBytes = 1_550_000
const icon = new URL('../../site/static/icon-512.png', import.meta.url)

/** The JavaScript of a call by another program that brings a large picture. */
export const picture = async (stage: Stage, rounds: number): Promise<Part> => {
  const bytes = Buffer.concat([readFileSync(icon), randomBytes(pictureBytes)])
  const content = [
    { type: 'text', text: 'Write 20 tokens at 1000' },
    { type: 'image_url', image_url: { url: `data:image/png;base64,${bytes.toString('base64')}` } },
  ]
  const body = JSON.stringify({ model: 'demo', stream: true, messages: [{ role: 'user', content }] })
  const [side] = await scriptOf(stage, rounds, async ({ url }) => {
    const person = await signIn(url)
    const made = await person.send('POST', '/keys', { name: 'bench', scopes: ['chat'] })
    const { key } = (await made.json()) as { key: string }
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' }
    return async () => {
      const answer = await fetch(new URL('/v1/chat/completions', url), { method: 'POST', headers, body })
      const text = await answer.text()
      if (!answer.ok || !text.includes('[DONE]')) throw new Error(`${answer.status} ${text}`)
    }
  })
  const found = side?.found ?? []
  return {
    title: 'Script CPU of a picture on /v1',
    how: `The same profiler over calls with a picture of ${(body.length / 1e6).toFixed(1)} MB in base64, in the Worker.`,
    head: ['where', 'ms a call'],
    rows: [['Worker', spread(found, 2)]],
    bounds: [{ what: 'script CPU of a large picture on /v1, ms', value: median(found), atMost: 10, isTime: true }],
  }
}
