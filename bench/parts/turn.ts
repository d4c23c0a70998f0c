import { createRequire } from 'node:module'
import { freePort } from '../../worker/local/commands/ports.ts'
import { startNode } from '../child.ts'
import { askModel, hear, signIn, type Heard } from '../client.ts'
import { cpuMs, median } from '../cpu.ts'
import { interleaved, spread, type Part } from '../figures.ts'
import { startBaseline, startOurs, type Stage } from '../stage.ts'

/** One way to bring an answer from the model to a reader. */
type Relay = { pid?: number; ask: (text: string) => Promise<Heard>; stop?: () => Promise<void> }

const portkey = async (stage: Stage): Promise<Relay> => {
  const script = createRequire(import.meta.url).resolve('@portkey-ai/gateway/build/start-server.js')
  const port = await freePort()
  const { pid, stop } = await startNode(script, /Ready for connections/, [`--port=${port}`, '--headless'])
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': stage.modelUrl }
  return { pid, stop, ask: (text) => askModel(`http://127.0.0.1:${port}/v1/chat/completions`, text, headers) }
}

const baseline = async (name: string, stage: Stage): Promise<Relay> => {
  const { url, ...rest } = await startBaseline(name, stage.modelUrl)
  return { ...rest, ask: (text) => askModel(url.href, text) }
}

const ours = async (stage: Stage): Promise<Relay> => {
  const { url, ...rest } = await startOurs(stage.variables)
  const person = await signIn(url)
  return { ...rest, ask: (text) => hear(person.turn(text)) }
}

const one = async ({ pid, ask }: Relay, text: string) => {
  const before = pid === undefined ? 0 : cpuMs(pid)
  const heard = await ask(text)
  return { ...heard, cpuMs: pid === undefined ? 0 : cpuMs(pid) - before }
}

/** What an answer costs on its way, one at a time: readers that share a wake-up would make every relay look cheaper. */
export const turn = async (stage: Stage, rounds: number): Promise<Part> => {
  const relays = {
    'the model itself': { ask: (text: string) => askModel(`${stage.modelUrl}/chat/completions`, text) } as Relay,
    'native pass-through': await baseline('pass-through', stage),
    ours: await ours(stage),
    'one event a token': await baseline('per-token', stage),
    'Portkey’s gateway (Node)': await portkey(stage),
  }
  type Name = keyof typeof relays
  const each = <Result>(run: (relay: Relay) => Promise<Result>) =>
    Object.fromEntries(Object.entries(relays).map(([name, relay]) => [name, () => run(relay)])) as Record<
      Name,
      () => Promise<Result>
    >
  try {
    const long = await interleaved(
      rounds,
      each((relay) => one(relay, 'Write 1000 tokens at 200')),
    )
    const short = await interleaved(
      rounds * 3,
      each((relay) => one(relay, 'Write 20 tokens at 200')),
    )
    const cpu = (name: Name) => median(long[name].map((sample) => sample.cpuMs))
    const direct = median(short['the model itself'].map(({ firstMs }) => firstMs))
    return {
      title: 'A turn, beside other ways',
      how:
        'An answer of 1,000 tokens at 200 a second, one at a time; CPU is that of the whole relaying process. Ours does all ' +
        'that a turn does: sign-in check, money, journal, database. The first word’s delay is over asking the model itself, ' +
        'with short answers.',
      head: [
        'way',
        'CPU of 1,000 tokens, ms',
        'CPU of 20 tokens, ms',
        'first word later by, ms',
        'reads',
        'longest gap, ms',
      ],
      rows: (Object.keys(relays) as Name[]).map((name) => [
        name,
        name === 'the model itself' ? '–' : spread(long[name].map((sample) => sample.cpuMs)),
        name === 'the model itself' ? '–' : spread(short[name].map((sample) => sample.cpuMs)),
        spread(short[name].map(({ firstMs }) => firstMs - direct)),
        String(median(long[name].map(({ reads }) => reads))),
        median(long[name].map(({ longestGapMs }) => longestGapMs)).toFixed(0),
      ]),
      bounds: [
        {
          what: 'ours / native pass-through',
          value: cpu('ours') / cpu('native pass-through'),
          atMost: 1.3,
        },
        {
          what: 'ours / one event a token',
          value: cpu('ours') / cpu('one event a token'),
          atMost: 0.25,
          outOfReach: 0.4,
        },
        { what: 'ours / Portkey’s gateway', value: cpu('ours') / cpu('Portkey’s gateway (Node)'), atMost: 1 },
      ],
    }
  } finally {
    for (const { stop } of Object.values(relays)) await stop?.()
  }
}
