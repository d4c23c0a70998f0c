import { writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isHeld, markdown, passes, type Part } from './figures.ts'
import { Machine } from './machine.ts'
import { openStage, type Stage } from './stage.ts'
import { growth } from './parts/growth.ts'
import { memory } from './parts/memory.ts'
import { month } from './parts/month.ts'
import { page } from './parts/page.ts'
import { picture, profile } from './parts/profile.ts'
import { routes } from './parts/routes.ts'
import { sizes } from './parts/sizes.ts'
import { start } from './parts/start.ts'
import { streams } from './parts/streams.ts'
import { trips } from './parts/trips.ts'
import { turn } from './parts/turn.ts'

/** Those that take their time, and are asked for by name. */
const others = {
  retrieval: './retrieval/main.ts',
  vectors: './vectors.ts',
  reading: './reading.ts',
  mutants: './mutants/main.ts',
  coverage: './coverage.ts',
}
const [other = '', ...rest] = process.argv.slice(2)
if (Object.hasOwn(others, other)) {
  const { run } = (await import(others[other as keyof typeof others])) as { run: (args: string[]) => Promise<void> }
  await run(rest)
  process.exit()
}

const parts: Record<string, (stage: Stage, rounds: number) => Promise<Part>> = {
  turn,
  profile,
  picture,
  start,
  routes,
  trips,
  growth,
  streams,
  memory,
  month,
  page,
  sizes,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '7' }, check: { type: 'boolean' } },
})
const chosen = positionals.length > 0 ? positionals : Object.keys(parts)
const unknown = chosen.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) throw new Error(`No part ${unknown.join(', ')}; there are: ${Object.keys(parts).join(', ')}`)

const started = performance.now()
const stage = await openStage()
const found: Part[] = []
const machine = new Machine()
try {
  for (const name of chosen) {
    machine.look()
    const part = await parts[name]?.(stage, Number(values.rounds))
    if (!part) continue
    found.push(part)
    console.log(`\n${markdown(part)}`)
  }
} finally {
  await stage.stop()
}

// Only a whole run is a table that others may quote.
if (positionals.length === 0) {
  const hardware = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GB, ${process.platform}, Node ${process.version}`
  const minutes = Math.round((performance.now() - started) / 60_000)
  const head = [
    '# The bench',
    '',
    `Written by \`pnpm bench\` on ${new Date().toISOString().slice(0, 10)}, ${hardware}; ${values.rounds} interleaved rounds, ${minutes} minutes; ${machine.given()}. ` +
      'A figure is the median and, in brackets, the lowest and highest. Compare what stands in one table, not tables of two machines. ' +
      'Why what is missed is missed: [a stream](figures.md#why-a-stream-through-workerd-costs-what-it-does), ' +
      '[a start](figures.md#why-a-start-costs-what-it-does), [the page](figures.md#drawing-an-answer).',
    '',
  ]
  writeFileSync(join(import.meta.dirname, '../docs/bench.md'), [...head, ...found.map(markdown)].join('\n'))
}

const bounds = found.flatMap(({ bounds = [] }) => bounds)
for (const bound of bounds.filter((bound) => !isHeld(bound))) {
  const { what, value, atMost } = bound
  console.error(`${passes(bound) ? 'missed' : 'FAILED'}: ${what} ${value.toFixed(2)}, bound ${atMost}`)
}
if (values.check && !bounds.every(passes)) process.exitCode = 1
