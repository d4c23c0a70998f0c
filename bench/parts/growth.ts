import { newId } from '@macro-ai/shared'
import { neon, neonConfig } from '@neondatabase/serverless'
import { hear, signIn } from '../client.ts'
import { cpuMs, median } from '../cpu.ts'
import { interleaved, spread, type Part } from '../figures.ts'
import { startOurs, type Stage } from '../stage.ts'

/** Ids that sort as ours do, before all that are still to come. */
const madeId = (seed: string) =>
  `overlay(overlay(overlay(md5(${seed})::uuid::text placing '0190' from 1 for 4) placing '7' from 15 for 1) placing '8' from 20 for 1)::uuid`

/** What a conversation, documents and the number of people cost as they grow. */
export const growth = async (stage: Stage, rounds: number): Promise<Part> => {
  const { url, pid, stop } = await startOurs(stage.variables)
  neonConfig.fetchEndpoint = stage.variables['NEON_FETCH_ENDPOINT'] ?? ''
  const sql = neon(stage.variables['NEON_DATABASE_URL'] ?? '')
  try {
    const person = await signIn(url)
    const me = await person.get<{ id: string }>('/me')
    const conversation = async (messages: number) => {
      const conversationId = newId()
      await sql`insert into conversations (id, owner_id, title) values (${conversationId}::uuid, ${me.id}::uuid, 'Talk')`
      for (let from = 0; from < messages; from += 500)
        await sql.query(
          `insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id)
          select ${madeId('$1 || n')}, $1::uuid, $2::uuid, case when n > 0 then ${madeId('$1 || (n - 1)')} end,
            case when n % 2 = 1 then 'assistant' else 'user' end::message_role, repeat('word ', 60), n,
            case when n % 2 = 1 then ${madeId('$1 || n')} end
          from generate_series($3::int, $4::int) n`,
          [conversationId, me.id, from, Math.min(from + 500, messages) - 1],
        )
      const [last] = await sql`
        update conversations c set leaf_id = (select id from messages where conversation_id = c.id order by depth desc limit 1)
        where id = ${conversationId}::uuid returning leaf_id`
      return { conversationId, parentId: String(last?.['leaf_id']) }
    }
    const measure = async (turn: () => Promise<unknown>) => {
      const [before, started] = [cpuMs(pid), performance.now()]
      for (let time = 0; time < 5; time++) await turn()
      return { cpuMs: (cpuMs(pid) - before) / 5, tookMs: (performance.now() - started) / 5 }
    }
    const promptBytes = async () => Number(await (await fetch(`${stage.modelUrl}/last`)).text())

    const text = 'Say 20 tokens at once'
    const places = { 20: await conversation(20), 200: await conversation(200), 2000: await conversation(2000) }
    await sql`vacuum analyze`
    const prompts: Record<string, number> = {}
    const turnIn = (length: keyof typeof places) => () =>
      measure(async () => {
        await hear(person.turn(text, places[length]))
        prompts[length] = await promptBytes()
      })
    const lengths = await interleaved(rounds, { at20: turnIn(20), at200: turnIn(200), at2000: turnIn(2000) })
    const opening = (length: keyof typeof places) => () =>
      measure(() => person.get(`/conversations/${places[length].conversationId}`))
    const opened = await interleaved(rounds, { at20: opening(20), at200: opening(200), at2000: opening(2000) })

    const row = (what: string, samples: { cpuMs: number; tookMs: number }[], more: string) => [
      what,
      spread(samples.map((sample) => sample.cpuMs)),
      spread(
        samples.map(({ tookMs }) => tookMs),
        0,
      ),
      more,
    ]
    const rows = ([20, 200, 2000] as const).flatMap((length) => [
      row(
        `a turn after ${length} messages`,
        lengths[`at${length}`],
        `${((prompts[length] ?? NaN) / 1000).toFixed(1)} kB`,
      ),
      row(`opening ${length} messages`, opened[`at${length}`], '–'),
    ])

    const documentId = newId()
    await sql`insert into documents (id, owner_id, title, digest) values (${documentId}::uuid, ${me.id}::uuid, 'Book', 'bench')`
    const vectors = Array.from({ length: 16 }, (_, seed) =>
      JSON.stringify(Array.from({ length: 1536 }, (_, at) => Math.sin(seed * 7 + at).toFixed(3)).map(Number)),
    )
    let kept = 0
    for (const chunks of [100, 1_000, 10_000]) {
      for (; kept < chunks; kept = Math.min(chunks, kept + 500))
        await sql`
          insert into chunks (id, owner_id, document_id, position, text, digest, model, embedding)
          select gen_random_uuid(), ${me.id}::uuid, ${documentId}::uuid, n, 'Passage ' || n || ' about ' || md5(n::text), 'bench',
            'demo-embedding', (${vectors}::text[])[1 + n % 16]::halfvec
          from generate_series(${kept}::int, ${Math.min(chunks, kept + 500) - 1}::int) n`
      await sql`vacuum analyze chunks`
      const ask = () => hear(person.turn(`A passage about tides: ${text}`, { useKnowledge: true }))
      const samples = await interleaved(rounds, { turn: () => measure(ask) })
      rows.push(row(`a turn that looks into ${chunks} chunks`, samples.turn, '–'))
    }
    for (const people of [10, 1_000]) {
      await sql`
        insert into users (id, email) select gen_random_uuid(), 'bench' || ${people}::int || '-' || n || '@macro.local' from generate_series(1, ${people}::int) n`
      const samples = await interleaved(rounds, { turn: () => measure(() => hear(person.turn(text))) })
      rows.push(row(`a turn among ${people} people`, samples.turn, '–'))
    }
    const middle = (samples: { cpuMs: number }[]) => median(samples.map((sample) => sample.cpuMs))
    return {
      title: 'Growth',
      how: 'CPU of workerd and time for one operation, five to a sample, on PGlite; messages of 300 bytes, embeddings of 1,536 numbers.',
      head: ['what', 'CPU, ms', 'took, ms', 'prompt'],
      rows,
      bounds: [
        {
          what: 'CPU of a turn after 2,000 messages / after 20',
          value: middle(lengths.at2000) / middle(lengths.at20),
          atMost: 1.2,
        },
        {
          what: 'prompt after 2,000 messages / after 200',
          value: (prompts[2000] ?? NaN) / (prompts[200] ?? NaN),
          atMost: 1.2,
        },
      ],
    }
  } finally {
    await stop()
  }
}
