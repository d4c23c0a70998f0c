import { join } from 'node:path'
import { newId } from '@macro-ai/shared'
import { startNode } from '../child.ts'
import { hear, signIn, type Person } from '../client.ts'
import { cpuMs, median } from '../cpu.ts'
import { interleaved, quantile, spread, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

export const startOriginal = async ({ variables }: Stage) => {
  const script = join(import.meta.dirname, '../baselines/original/lambda.ts')
  const { said, ...process } = await startNode(script, /^original (\d+)/, [], { ...variables, NODE_ENV: 'production' })
  return { ...process, url: new URL(`http://127.0.0.1:${said[1]}`) }
}

type Side = { pid: number; url: URL; person: Person; conversationId: string }

const opened = async ({ pid, url }: { pid: number; url: URL }): Promise<Side> => {
  const person = await signIn(url)
  const conversationId = newId()
  await hear(person.turn('Say 20 tokens at once', { conversationId }))
  return { pid, url, person, conversationId }
}

const classes: Record<string, (side: Side) => Promise<unknown>> = {
  'GET /health: nothing asked of anybody': ({ person }) => person.get('/health'),
  'GET /me: token, cache': ({ person }) => person.get('/me'),
  'GET /conversations: token, cache': ({ person }) => person.get('/conversations'),
  'GET /conversations/:id: token, database': ({ person, conversationId }) =>
    person.get(`/conversations/${conversationId}`),
  'a body that is refused': async ({ person }) => {
    const answer = await person.send('POST', '/turns', { text: 7 })
    await answer.text()
  },
  'POST /auth/sign-in: Cognito': ({ url }) => signIn(url),
  'POST /turns: an answer of 20 tokens': ({ person }) => hear(person.turn('Say 20 tokens at once')),
}

/** Many requests one after the other: CPU of the process for each, and how long each took. */
const measured = async (side: Side, ask: (side: Side) => Promise<unknown>, times: number) => {
  const before = cpuMs(side.pid)
  const tookMs: number[] = []
  for (let time = 0; time < times; time++) {
    const started = performance.now()
    await ask(side)
    tookMs.push(performance.now() - started)
  }
  return { cpuMs: (cpuMs(side.pid) - before) / times, tookMs }
}

export const routes = async (stage: Stage, rounds: number): Promise<Part> => {
  const processes = await Promise.all([startOurs(stage.variables), startOriginal(stage)])
  const [ours, original] = [await opened(processes[0]), await opened(processes[1])]
  try {
    const rows: string[][] = []
    for (const [what, ask] of Object.entries(classes)) {
      const times = what.includes('POST') ? 10 : 40
      const found = await interleaved(rounds, {
        ours: () => measured(ours, ask, times),
        original: () => measured(original, ask, times),
      })
      const cpu = (samples: { cpuMs: number }[]) => samples.map((sample) => sample.cpuMs)
      const took = (samples: { tookMs: number[] }[]) => {
        const all = samples.flatMap(({ tookMs }) => tookMs)
        return `${median(all).toFixed(1)} / ${quantile(all, 0.95).toFixed(1)}`
      }
      rows.push([
        what,
        spread(cpu(found.ours), 2),
        spread(cpu(found.original), 2),
        (median(cpu(found.ours)) / median(cpu(found.original))).toFixed(2),
        took(found.ours),
        took(found.original),
      ])
    }
    const talk = await interleaved(rounds, {
      ours: () => hear(ours.person.turn('Write 200 tokens at 100')),
      original: () => hear(original.person.turn('Write 200 tokens at 100')),
    })
    const first = (samples: { firstMs: number }[]) => samples.map(({ firstMs }) => firstMs)
    rows.push([
      'first word of an answer of 2 s, ms',
      '–',
      '–',
      (median(first(talk.ours)) / median(first(talk.original))).toFixed(2),
      spread(first(talk.ours), 0),
      spread(first(talk.original), 0),
    ])
    return {
      title: 'Requests, beside the original plan',
      how:
        'The original is ORIGINAL-PLAN.md’s own design: Express 5 and serverless-http on Node, on the same stand-ins, one ' +
        'request after the other. CPU is that of the whole process for a request, in ms (workerd counts its own HTTP ' +
        'server, Node its own). Latency is the median and the 95th percentile, in ms. API Gateway hands an answer over when ' +
        'it is whole, so its first word comes with the last. The original keeps no budget, no journal and no tree.',
      head: ['request', 'CPU ours', 'CPU original', 'ratio', 'latency ours', 'latency original'],
      rows,
      bounds: [
        {
          what: 'first word, ours / original',
          value: median(first(talk.ours)) / median(first(talk.original)),
          atMost: 0.5,
        },
      ],
    }
  } finally {
    await Promise.all(processes.map(({ stop }) => stop()))
  }
}
