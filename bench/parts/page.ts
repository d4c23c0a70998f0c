import { archiveOf } from '../../site/test/browser/archive.ts'
import { launch } from '../../site/test/browser/browser.ts'
import { buildSite } from '../../worker/local/commands/bundles.ts'
import { startBuilt } from '../../worker/local/test-stack.ts'
import { median } from '../cpu.ts'
import { spread, type Part } from '../figures.ts'
import { loaded } from '../page/load.ts'
import { opened } from '../page/open.ts'
import { reparsed, streamed } from '../page/stream.ts'
import { newVisitor, slowDown } from '../page/visitor.ts'
import { exchange } from '../page/words.ts'
import type { Stage } from '../stage.ts'

const slower = 4
const answerLengths = [5_000, 10_000, 20_000]
const bounded = 10_000
const conversationLengths = [50, 500, 2_000]
const titleOf = (messages: number) => `With ${messages} messages`

/** The pages as built, in Chromium. A round takes two minutes. */
export const page = async (_stage: Stage, rounds: number): Promise<Part> => {
  const figures = new Map<string, number[]>()
  const note = (what: string, value: number) => figures.set(what, [...(figures.get(what) ?? []), value])
  const figure = (what: string) => median(figures.get(what) ?? [])

  await buildSite()
  const { urls, stop } = await startBuilt()
  const browser = await launch(['--disable-frame-rate-limit', '--disable-gpu-vsync'])
  // As people have it. Frames without a limit keep both cores busy, and pages that open wait for them: 109 to 1,393 ms.
  const usual = await launch()
  try {
    const archives = conversationLengths.map((messages) => archiveOf(titleOf(messages), exchange(messages)))
    const reader = await newVisitor(usual, urls, archives)
    for (let round = 0; round < rounds; round++) {
      for (const tokens of answerLengths) {
        note(`answer of ${tokens} tokens: main thread, ms`, (await streamed(browser, urls, tokens, 1)).mainThreadMs)
        if (tokens === bounded)
          note(
            `answer of ${tokens} tokens at 4×: longest frame, ms`,
            (await streamed(usual, urls, tokens, slower)).longestFrameMs,
          )
        note(
          `answer of ${tokens} tokens, all of it parsed and drawn for each piece, ms`,
          await reparsed(browser, tokens),
        )
      }
      const { composerMs, scriptBytes } = await loaded(reader, slower)
      note('composer painted at 4×, ms', composerMs)
      note('JavaScript that the chat page downloads, kB gzip', scriptBytes / 1000)
      await slowDown(reader, slower)
      for (const messages of conversationLengths) {
        const { endMs, keyMs } = await opened(reader, titleOf(messages))
        note(`${messages} messages at 4×: from the press to the end painted, ms`, endMs)
        note(`${messages} messages at 4×: from a key to its frame, ms`, keyMs)
      }
      await slowDown(reader, 1)
    }
  } finally {
    await Promise.all([browser.close(), usual.close()])
    await stop()
  }

  const main = (tokens: number) => figure(`answer of ${tokens} tokens: main thread, ms`)
  const atMost = (what: string, bound: number) => ({ what, value: figure(what), atMost: bound })
  const time = (what: string, bound: number) => ({ ...atMost(`${what}, ms`, bound), isTime: true as const })
  return {
    title: 'The page',
    how:
      'The pages as built, in Chromium; 4×: a processor four times slower. Answers come four tokens a frame; what the ' +
      'main thread does for one is counted without a limit of frames. The conversation of 50 messages is the first that ' +
      'is opened after the browser’s cache was emptied. What is parsed and drawn anew for each piece is our own Markdown ' +
      'without what makes it quick (`bench/baselines/reparse.ts`).',
    head: ['what', 'here'],
    rows: [...figures].map(([what, samples]) => [what, spread(samples, 0)]),
    bounds: [
      { what: 'main thread, 10,000 tokens / 5,000 tokens', value: main(10_000) / main(5_000), atMost: 2.2 },
      { what: 'main thread, 20,000 tokens / 10,000 tokens', value: main(20_000) / main(10_000), atMost: 2.2 },
      {
        what: 'main thread, 20,000 tokens / parsed and drawn for each piece',
        value: main(20_000) / figure('answer of 20000 tokens, all of it parsed and drawn for each piece, ms'),
        atMost: 0.5,
      },
      time(`answer of ${bounded} tokens at 4×: longest frame`, 50),
      ...conversationLengths.map((messages) =>
        time(`${messages} messages at 4×: from the press to the end painted`, 300),
      ),
      time('composer painted at 4×', 500),
      atMost('JavaScript that the chat page downloads, kB gzip', 75),
    ],
  }
}
