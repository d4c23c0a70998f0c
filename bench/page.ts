import { parseArgs } from 'node:util'
import { archiveOf } from '../site/test/browser/archive.ts'
import { launch } from '../site/test/browser/browser.ts'
import { startBuilt } from '../worker/local/test-stack.ts'
import { median } from './cpu.ts'
import { loaded } from './page/load.ts'
import { opened } from './page/open.ts'
import { reparsed, streamed } from './page/stream.ts'
import { newVisitor, slowDown } from './page/visitor.ts'
import { exchange } from './page/words.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, check: { type: 'boolean' } } })
const slower = 4
const answerLengths = [5000, 10_000, 20_000]
const conversationLengths = [50, 500, 2000]

const figures = new Map<string, number[]>()
const note = (what: string, value: number) => figures.set(what, [...(figures.get(what) ?? []), value])
const figure = (what: string) => median(figures.get(what) ?? [])

// What the site was last built into: `pnpm build` first.
const { urls, stop } = await startBuilt()
const browser = await launch(['--disable-frame-rate-limit', '--disable-gpu-vsync'])
try {
  const titleOf = (length: number) => `With ${length} messages`
  const reader = await newVisitor(
    browser,
    urls,
    conversationLengths.map((length) => archiveOf(titleOf(length), exchange(length))),
  )
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const length of answerLengths) {
      note(`${length} tokens streamed: main thread, ms`, (await streamed(browser, urls, length, 1)).mainThreadMs)
      note(
        `${length} tokens streamed at 4×: longest frame, ms`,
        (await streamed(browser, urls, length, slower)).longestFrameMs,
      )
      note(`${length} tokens, all parsed and drawn again for each piece, ms`, await reparsed(browser, length))
    }
    const { composerMs, scriptBytes } = await loaded(reader, slower)
    note('first paint of the composer at 4×, ms', composerMs)
    note('JavaScript the chat page downloads, kB gzip', scriptBytes / 1000)
    await slowDown(reader, slower)
    for (const length of conversationLengths) {
      const { endMs, keyMs } = await opened(reader, titleOf(length))
      note(`${length} messages at 4×: from the press to the end painted, ms`, endMs)
      note(`${length} messages at 4×: from a key to its frame, ms`, keyMs)
    }
    await slowDown(reader, 1)
  }
} finally {
  await browser.close()
  await stop()
}

console.log(`\nThe pages as built, in Chromium, ${values.rounds} interleaved rounds; 4×: a processor four times slower`)
console.table(
  [...figures].map(([what, all]) => ({
    what,
    median: median(all).toFixed(1),
    spread: `${Math.min(...all).toFixed(1)}–${Math.max(...all).toFixed(1)}`,
  })),
)

const main = (length: number) => figure(`${length} tokens streamed: main thread, ms`)
const bounds = [
  { what: 'main thread, 10,000 tokens / 5,000 tokens', value: main(10_000) / main(5000), atMost: 2.2 },
  { what: 'main thread, 20,000 tokens / 10,000 tokens', value: main(20_000) / main(10_000), atMost: 2.2 },
  {
    what: 'longest frame of 10,000 tokens at 4×, ms',
    value: figure('10000 tokens streamed at 4×: longest frame, ms'),
    atMost: 50,
  },
  ...conversationLengths.map((length) => ({
    what: `end of ${length} messages painted at 4×, ms`,
    value: figure(`${length} messages at 4×: from the press to the end painted, ms`),
    atMost: 300,
  })),
  { what: 'composer painted at 4×, ms', value: figure('first paint of the composer at 4×, ms'), atMost: 500 },
  { what: 'JavaScript downloaded, kB gzip', value: figure('JavaScript the chat page downloads, kB gzip'), atMost: 75 },
]
for (const { what, value, atMost } of bounds)
  console.log(`${value <= atMost ? '✓' : '✗'} ${what}: ${value.toFixed(2)} (bound ${atMost})`)
if (values.check && bounds.some(({ value, atMost }) => !(value <= atMost))) process.exit(1)
