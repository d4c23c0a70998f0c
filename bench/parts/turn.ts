import { newId } from '@macro-ai/shared'
import { createRequire } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort } from '../../worker/local/commands/ports.ts'
import { startNode } from '../child.ts'
import { askModel, hear, signIn, type Heard } from '../client.ts'
import { cpuMs, median } from '../cpu.ts'
import { interleaved, spread, type Part } from '../figures.ts'
import { startBaseline, startOurs, type Stage } from '../stage.ts'

/** Asks for one answer after another, of the same conversation. */
type Conversation = (text: string) => Promise<Heard>
/** One way to bring an answer from the model to a reader. */
type Relay = { pid?: number; open: () => Conversation; stop?: () => Promise<void> }

const portkey = async (stage: Stage): Promise<Relay> => {
  const script = createRequire(import.meta.url).resolve('@portkey-ai/gateway/build/start-server.js')
  const port = await freePort()
  const { pid, stop } = await startNode(script, /Ready for connections/, [`--port=${port}`, '--headless'])
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': stage.modelUrl }
  return { pid, stop, open: () => (text) => askModel(`http://127.0.0.1:${port}/v1/chat/completions`, text, headers) }
}

const baseline = async (name: string, stage: Stage): Promise<Relay> => {
  const { url, ...rest } = await startBaseline(name, stage.modelUrl)
  const open = (): Conversation => {
    const headers = { 'x-object': newId() }
    return (text) => askModel(url.href, text, headers)
  }
  return { ...rest, open }
}

const ours = async (stage: Stage): Promise<Relay> => {
  const { url, ...rest } = await startOurs(stage.variables)
  const person = await signIn(url)
  const open = (): Conversation => {
    const conversationId = newId()
    let parentId: string | null = null
    return async (text) => {
      const heard = await hear(person.turn(text, { conversationId, parentId }))
      parentId = heard.messageId
      return heard
    }
  }
  return { ...rest, open }
}

const measured = async ({ pid }: Relay, ask: Conversation, text: string) => {
  const before = pid === undefined ? 0 : cpuMs(pid)
  const heard = await ask(text)
  return { ...heard, cpuMs: pid === undefined ? 0 : cpuMs(pid) - before }
}

const first = (relay: Relay, text: string) => measured(relay, relay.open(), text)

/** The second answer of a conversation, once what the first left to do (a title, the list) is done. */
const next = async (relay: Relay, text: string) => {
  const ask = relay.open()
  await ask('Write 5 tokens at once')
  await wait(500)
  return measured(relay, ask, text)
}

/** What an answer costs on its way, one at a time: readers that share a wake-up would make every relay look cheaper. */
export const turn = async (stage: Stage, rounds: number): Promise<Part> => {
  const relays = {
    'the model itself': { open: () => (text) => askModel(`${stage.modelUrl}/chat/completions`, text) },
    'native pass-through': await baseline('pass-through', stage),
    ours: await ours(stage),
    'one event a token': await baseline('per-token', stage),
    'Portkey’s gateway (Node)': await portkey(stage),
  } satisfies Record<string, Relay>
  type Name = keyof typeof relays
  const names = Object.keys(relays) as Name[]
  const each = <Sample>(run: (relay: Relay) => Promise<Sample>, chosen = names) =>
    Object.fromEntries(chosen.map((name) => [name, () => run(relays[name])])) as Record<Name, () => Promise<Sample>>
  const inObjects = names.filter((name) => 'pid' in relays[name] && !name.startsWith('Portkey'))
  const thousand = 'Write 1000 tokens at 200'
  try {
    const long = await interleaved(
      rounds,
      each((relay) => next(relay, thousand)),
    )
    const beginning = await interleaved(
      rounds,
      each((relay) => first(relay, thousand), inObjects),
    )
    const short = await interleaved(
      rounds * 3,
      each((relay) => first(relay, 'Write 20 tokens at 200')),
    )
    const direct = median(short['the model itself'].map(({ firstMs }) => firstMs))
    const cpu = (samples?: { cpuMs: number }[]) =>
      samples?.some(({ cpuMs }) => cpuMs > 0) ? spread(samples.map(({ cpuMs }) => cpuMs)) : '–'
    const ratio = (samples: typeof long, other: Name) =>
      median(samples.ours.map(({ cpuMs }) => cpuMs)) / median(samples[other].map(({ cpuMs }) => cpuMs))
    return {
      title: 'A turn, beside other ways',
      how:
        'An answer of 1,000 tokens at 200 a second, one at a time; CPU is that of the whole relaying process. Ours does all ' +
        'that a turn does: sign-in check, money, journal, database. In an open conversation it is the second answer of a ' +
        'Durable Object, of a new one the first, for all who have objects. The first word’s delay is over asking the model ' +
        'itself, with short answers of new conversations.',
      head: [
        'way',
        'CPU of 1,000 tokens in an open conversation, ms',
        'in a new one, ms',
        '20 tokens in a new one, ms',
        'first word later by, ms',
        'reads',
        'longest gap, ms',
      ],
      rows: names.map((name) => [
        name,
        cpu(long[name]),
        cpu(beginning[name]),
        cpu(short[name]),
        spread(short[name].map(({ firstMs }) => firstMs - direct)),
        String(median(long[name].map(({ reads }) => reads))),
        median(long[name].map(({ longestGapMs }) => longestGapMs)).toFixed(0),
      ]),
      bounds: [
        { what: 'ours / native pass-through', value: ratio(long, 'native pass-through'), atMost: 1.3 },
        {
          what: 'ours / native pass-through, new conversations',
          value: ratio(beginning, 'native pass-through'),
          atMost: 1.3,
        },
        {
          what: 'ours / one event a token',
          value: ratio(long, 'one event a token'),
          atMost: 0.25,
          outOfReach: 0.4,
        },
        { what: 'ours / Portkey’s gateway', value: ratio(long, 'Portkey’s gateway (Node)'), atMost: 1 },
      ],
    }
  } finally {
    for (const relay of Object.values(relays)) if ('stop' in relay) await relay.stop?.()
  }
}
