import { freePort } from '../../worker/local/commands/ports.ts'
import { hear, signIn } from '../client.ts'
import { median } from '../cpu.ts'
import { spread, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

type Profile = {
  nodes: { id: number; callFrame: { functionName: string } }[]
  samples: number[]
  timeDeltas: number[]
}
type Reply = { id?: number; result?: { profile?: Profile } }
type Target = { id: string; webSocketDebuggerUrl: string }

const connect = async ({ webSocketDebuggerUrl }: Target) => {
  const socket = new WebSocket(webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('The inspector does not answer')))
  })
  let last = 0
  const waiting = new Map<number, (reply: Reply) => void>()
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply)
  })
  const ask = (method: string, params: object = {}) =>
    new Promise<Reply>((resolve) => {
      waiting.set(++last, resolve)
      socket.send(JSON.stringify({ id: last, method, params }))
    })
  await ask('Profiler.enable')
  await ask('Profiler.setSamplingInterval', { interval: 100 })
  return { ask, close: () => socket.close() }
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

/** The JavaScript of a turn, by V8's own profiler, in the Worker and in the Durable Object. */
export const profile = async (stage: Stage, rounds: number): Promise<Part> => {
  const inspectorPort = await freePort()
  const instance = await startOurs(stage.variables, { inspectorPort })
  try {
    const person = await signIn(instance.url)
    const list = await fetch(`http://127.0.0.1:${inspectorPort}/json`)
    const targets = (await list.json()) as Target[]
    const sides = await Promise.all(
      (['worker', 'objects'] as const).map(async (name) => {
        const target = targets.find(({ id, webSocketDebuggerUrl }) => `${id} ${webSocketDebuggerUrl}`.includes(name))
        if (!target) throw new Error(`The inspector knows no ${name}`)
        return { name, inspector: await connect(target), found: [] as number[] }
      }),
    )
    for (let round = -1; round < rounds; round++) {
      for (const { inspector } of sides) await inspector.ask('Profiler.start')
      for (let time = 0; time < turnsARound; time++) await hear(person.turn('Write 1000 tokens at 1000'))
      for (const { inspector, found } of sides) {
        const { result } = await inspector.ask('Profiler.stop')
        if (!result?.profile) throw new Error('The profiler gave no profile')
        if (round >= 0) found.push(scriptMs(result.profile) / turnsARound)
      }
    }
    for (const { inspector } of sides) inspector.close()
    const names = { worker: 'Worker', objects: 'Durable Object' }
    return {
      title: 'Script CPU of a turn',
      how:
        'V8’s sampling profiler over turns of 1,000 tokens, Worker and Durable Object in isolates of their own: the time ' +
        'in which JavaScript or the garbage collector ran. The free plan gives each of them 10 ms.',
      head: ['where', 'ms a turn'],
      rows: sides.map(({ name, found }) => [names[name], spread(found, 2)]),
      bounds: sides.map(({ name, found }) => ({
        what: `script CPU of a turn in the ${names[name]}, ms`,
        value: median(found),
        atMost: 10,
      })),
    }
  } finally {
    await instance.stop()
  }
}
