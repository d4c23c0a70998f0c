import { newId, type ConversationPage } from '@macro-ai/shared'
import { hear, signIn, type Person } from '../client.ts'
import { median } from '../cpu.ts'
import { wholes, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

const services = ['database', 'commands', 'identity'] as const
type Counted = Record<'database' | 'cache' | 'identity', number> & { detail: { cache: { commands: number } } }

/** Requests to each service for an operation, exactly: the stand-ins count them. */
export const trips = async (stage: Stage, rounds: number): Promise<Part> => {
  const { url, stop } = await startOurs(stage.variables)
  const counters = `${stage.platformUrl}/counters`
  try {
    const person = await signIn(url)
    const done = async (answer: Promise<Response>) => {
      const got = await answer
      if (!got.ok) throw new Error(`${got.status} ${await got.text()}`)
      await got.arrayBuffer()
    }
    const count = async () => (await (await fetch(counters)).json()) as Counted
    /** What is left for after an answer, such as the cache or what a search has read, is done. */
    const rest = async () => {
      for (let before = '', now = JSON.stringify(await count()); now !== before; now = JSON.stringify(await count())) {
        before = now
        await new Promise((resolve) => setTimeout(resolve, 500))
      }
    }
    const open = (one: Person) => Promise.all([one.get('/me'), one.get('/conversations')])
    const operations = async (): Promise<Record<string, () => Promise<unknown>>> => {
      const conversationId = newId()
      await hear(person.turn('Say 20 tokens at once', { conversationId }))
      const { items } = await person.get<ConversationPage>('/conversations')
      const parentId = items.find(({ id }) => id === conversationId)?.leafId ?? null
      // Other parts and rounds have left answers that no search has read yet.
      await person.get('/search?q=anything+said')
      await rest()
      return {
        'signing in': () => signIn(url),
        'opening the app, warm cache': () => open(person),
        'opening a conversation': () => person.get(`/conversations/${conversationId}`),
        'a turn': () => hear(person.turn('Say 20 tokens at once', { conversationId, parentId })),
        'renaming a conversation': () =>
          done(person.send('PATCH', `/conversations/${conversationId}`, { title: 'Tides' })),
        'searching, after a turn: with the reading of what was said': () => person.get('/search?q=tides'),
        'searching for a word': () => person.get('/search?q=tides'),
        'searching for several words': () => person.get('/search?q=tides+and+waves'),
        'what was spent': () => person.get('/usage'),
        health: () => person.get('/health'),
        'deleting a conversation': () => done(person.send('DELETE', `/conversations/${conversationId}`)),
      }
    }
    // What a clock of the Worker does in between is counted too, so one round alone could mislead.
    const found = new Map<string, Record<(typeof services)[number], number[]>>()
    for (let round = 0; round < rounds; round++)
      for (const [what, run] of Object.entries(await operations())) {
        await fetch(counters, { method: 'DELETE' })
        await run()
        await rest()
        const { database, detail, identity } = await count()
        const counts = found.get(what) ?? { database: [], commands: [], identity: [] }
        counts.database.push(database)
        counts.commands.push(detail.cache.commands)
        counts.identity.push(identity)
        found.set(what, counts)
      }
    const rows = [...found].map(([what, counts]) => [what, ...services.map((service) => wholes(counts[service]))])
    const turn = found.get('a turn')
    const opened = found.get('opening the app, warm cache')
    return {
      title: 'Round trips',
      how: `Requests to the database and to Cognito, and commands to Redis, counted by the stand-ins in ${rounds} rounds: a range where they differ. Each free plan counts these.`,
      head: ['operation', 'database', 'Redis commands', 'Cognito'],
      rows,
      bounds: [
        { what: 'database trips of a turn', value: median(turn?.database ?? []), atMost: 2 },
        { what: 'Redis commands of a turn', value: median(turn?.commands ?? []), atMost: 2 },
        { what: 'database trips of opening the app', value: median(opened?.database ?? []), atMost: 0 },
        { what: 'Redis commands of opening the app', value: median(opened?.commands ?? []), atMost: 2 },
      ],
    }
  } finally {
    await stop()
  }
}
