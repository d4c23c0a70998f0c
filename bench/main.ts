import { parseArgs } from 'node:util'
import { migrate } from '../db/migrate.ts'
import { startPlatform } from '../worker/local/platform.ts'
import { baseline, compare, ours } from './relays.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    'at-once': { type: 'string', default: '4' },
    check: { type: 'boolean' },
  },
})

// The stand-in model writes at the pace of a quick hosted one.
process.env['MODEL_PACE'] = '200'
const platform = await startPlatform({ port: 0, dataDir: null })
await migrate({ databaseUrl: platform.database.url, fetchEndpoint: platform.database.endpoint })
const relays = [await baseline('pass-through', platform), await ours(platform), await baseline('per-token', platform)]
const results = await compare(relays, { rounds: Number(values.rounds), atOnce: Number(values['at-once']) })
await Promise.all(relays.map((relay) => relay.stop()))
await platform.stop()

console.log(
  '\nProcess CPU of workerd for one answer of 1,000 tokens at 200 tokens a second, Worker and Durable Object together',
)
console.table(
  results.map((result) => ({
    relay: result.name,
    'CPU, ms (median)': result.cpuMs.toFixed(1),
    spread: `${result.lowest.toFixed(1)}–${result.highest.toFixed(1)}`,
    'reads at the client': result.reads,
    'longest gap, ms': result.longestGapMs.toFixed(0),
  })),
)

const cpu = Object.fromEntries(results.map(({ name, cpuMs }) => [name, cpuMs]))
const bounds = [
  { what: 'ours / native pass-through', ratio: (cpu['ours'] ?? NaN) / (cpu['pass-through'] ?? NaN), atMost: 1.3 },
  { what: 'ours / per-token relay', ratio: (cpu['ours'] ?? NaN) / (cpu['per-token'] ?? NaN), atMost: 0.25 },
]
for (const { what, ratio, atMost } of bounds)
  console.log(`${ratio <= atMost ? '✓' : '✗'} ${what}: ${ratio.toFixed(2)} (bound ${atMost})`)
if (values.check && bounds.some(({ ratio, atMost }) => !(ratio <= atMost))) process.exit(1)
