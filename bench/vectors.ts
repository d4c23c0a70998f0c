import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { startPlatform } from '../worker/local/platform.ts'
import { openStore } from '../worker/src/adapters/database/index.ts'
import { neonLink } from '../worker/src/adapters/database/neon.ts'
import { defaultDimensions as dimensions, written } from '../worker/src/vectors.ts'
import { newId } from '../shared/src/index.ts'
import { median } from './cpu.ts'

const sizes = [1_000, 5_000, 10_000, 20_000, 50_000, 100_000]
/** No new size is begun after this. */
const longestMs = 10 * 60_000
const asked = 20
const nearest = 8
/** Passages are about things: vectors in clusters, as embeddings are, and not a cloud in which all are equally far. */
const things = 200

/** The same numbers in every run. */
const random = (() => {
  let state = 42
  return () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32 - 0.5
})()
const cloud = () => Float32Array.from({ length: dimensions }, random)
const near = (centre: Float32Array) => written([...centre].map((part) => (part + random() * 1.6) / 20))

/**
 * `pnpm bench vectors [--people N] [--postgres URL]`: exact search filtered by owner beside HNSW with the same filter, on
 * PGlite or in an empty database of a server that has pgvector. The passages are spread among so many people (10), one of
 * whom asks.
 */
export const run = async (args: string[]): Promise<void> => {
  const { values } = parseArgs({
    args,
    options: { people: { type: 'string', default: '10' }, postgres: { type: 'string' } },
  })
  const owners = Number(values.people)
  const platform = await startPlatform({ port: 0, dataDir: null, postgresUrl: values.postgres })
  const { url, endpoint: fetchEndpoint } = platform.database
  /** As one switches: a command, which has no deadline of a request. */
  const migrate = (index: 'none' | 'hnsw') =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, '../db/migrate.ts')], {
      env: {
        ...process.env,
        VECTOR_INDEX: index,
        ...(values.postgres
          ? { DATABASE_DRIVER: 'hyperdrive', NEON_DATABASE_URL: values.postgres }
          : { NEON_DATABASE_URL: url, NEON_FETCH_ENDPOINT: fetchEndpoint }),
      },
    })
  await migrate('none')
  const link = neonLink({ url, fetchEndpoint, onTrip: () => undefined })
  const sql = async (text: string, ...params: unknown[]) => (await link([{ sql: text, params }]))[0] ?? []
  const centres = Array.from({ length: things }, cloud)
  const people = Array.from({ length: owners }, () => newId())
  const [me = ''] = people
  const documents = people.map(() => newId())
  for (const [at, id] of documents.entries())
    await sql(`insert into documents (id, owner_id, title, digest) values ($1, $2, 'd', 'd')`, id, people[at])
  const questions = Array.from({ length: asked }, (_, at) => near(centres[(at * 7) % things] ?? cloud()))

  const find = async (vectorIndex: 'none' | 'hnsw') => {
    const store = openStore({ link, vectorIndex })
    const took: number[] = []
    const found: string[][] = []
    for (const vector of questions) {
      const began = performance.now()
      const sought = { ownerId: me, question: '', vector, model: 'm', targets: [], limit: nearest }
      const { passages } = await store.findPassages(sought)
      took.push(performance.now() - began)
      found.push(passages.map(({ text }) => text))
    }
    return { ms: median(took), found }
  }

  console.log(
    `| passages, of ${owners} people | search | recall@8 | median, ms | storage, MB | index built in, s |\n|---|---|---|---|---|---|`,
  )
  // More than anybody may keep.
  await sql('alter table chunks disable trigger user')
  await sql('create table centres (n int primary key, v float8[])')
  for (const [n, centre] of centres.entries())
    await sql('insert into centres values ($1, $2)', n, `{${[...centre].map((part) => part / 20).join()}}`)
  let there = 0
  const began = performance.now()
  for (const size of sizes) {
    if (performance.now() - began > longestMs) break
    await migrate('none')
    for (; there < size; there += 500)
      await sql(
        `insert into chunks (id, owner_id, document_id, position, text, digest, model, embedding)
         select gen_random_uuid(), ($1::uuid[])[s.n % $3::int + 1], ($2::uuid[])[s.n % $3::int + 1], s.n, 'p' || s.n, 'p' || s.n, 'm',
           (select array_agg(part + (random() - 0.5) * 0.08 + s.n * 0 order by at) from unnest(c.v) with ordinality as v (part, at))::halfvec
         from generate_series($4::int, $4::int + 499) as s (n) join centres c on c.n = s.n % $5::int`,
        `{${people.join()}}`,
        `{${documents.join()}}`,
        owners,
        there,
        things,
      )
    const bytes = async () =>
      Number((await sql(`select pg_total_relation_size('chunks') as bytes`))[0]?.['bytes']) / 1e6
    await sql('analyze documents, chunks')
    const exact = await find('none')
    console.log(`| ${size} | exact | 1.00 | ${exact.ms.toFixed(0)} | ${(await bytes()).toFixed(0)} | |`)
    const building = performance.now()
    // A request for it ends after five minutes, as it does for whoever switches.
    const isBuilt = await migrate('hnsw').then(
      () => true,
      () => false,
    )
    if (!isBuilt) {
      console.log(`| ${size} | hnsw | – | – | – | not in 300 |`)
      break
    }
    const built = ((performance.now() - building) / 1000).toFixed(0)
    const hnsw = await find('hnsw')
    const hits = hnsw.found.map((list, at) => list.filter((text) => exact.found[at]?.includes(text)).length)
    const recall = hits.reduce((sum, n) => sum + n, 0) / exact.found.flat().length
    console.log(
      `| ${size} | hnsw | ${recall.toFixed(2)} | ${hnsw.ms.toFixed(0)} | ${(await bytes()).toFixed(0)} | ${built} |`,
    )
  }
  await platform.stop()
}
