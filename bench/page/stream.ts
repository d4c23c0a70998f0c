import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import type { Browser } from '../../site/test/browser/browser.ts'
import type * as Reparse from '../baselines/reparse.ts'
import { newVisitor, slowDown, type Urls } from './visitor.ts'
import { tokens } from './words.ts'

/** What the page shows between two frames: 240 tokens a second at 60 frames, more than today's models write. */
const tokensAFrame = 4

export type Streamed = { mainThreadMs: number; longestFrameMs: number }

/** In the page: answers the next turn by itself, some tokens a frame, and watches the frames. */
const answerFrameByFrame = (pieces: string[]) => {
  const network = window.fetch.bind(window)
  const done = new Promise<number>((resolve) => {
    window.fetch = async (address, init) => {
      if (typeof address !== 'string' || !address.endsWith('/turns')) return network(address, init)
      const { turnId, conversationId } = JSON.parse(init?.body as string) as Record<string, string>
      const encoder = new TextEncoder()
      let id = 0
      const frame = (type: string, data: object) =>
        encoder.encode(`id: ${++id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
      const body = new ReadableStream<Uint8Array>({
        start(stream) {
          const ids = { turnId, conversationId, userMessageId: crypto.randomUUID(), messageId: turnId }
          stream.enqueue(frame('start', { ...ids, model: 'bench', reservedMicros: 0 }))
          let [at, longest, before] = [0, 0, performance.now()]
          const step = (now: number) => {
            longest = Math.max(longest, now - before)
            before = now
            if (at < pieces.length) stream.enqueue(frame('delta', { text: pieces[at++] }))
            else {
              stream.enqueue(frame('end', { status: 'complete' }))
              stream.close()
              return requestAnimationFrame(() => requestAnimationFrame(() => resolve(longest)))
            }
            requestAnimationFrame(step)
          }
          requestAnimationFrame(step)
        },
      })
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
  })
  Object.assign(window, { done })
}

/** One streamed answer in the real page, every part of it at work: events, pacing, parsing, drawing, following. */
export const streamed = async (browser: Browser, urls: Urls, count: number, slower: number): Promise<Streamed> => {
  const visitor = await newVisitor(browser, urls)
  const { page, devtools } = visitor
  const all = tokens(count)
  const pieces = Array.from({ length: Math.ceil(count / tokensAFrame) }, (_, at) =>
    all.slice(at * tokensAFrame, (at + 1) * tokensAFrame).join(''),
  )
  await page.evaluate(answerFrameByFrame, pieces)
  // Of the processor, not of the clock: what else the machine does is no part of it.
  await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const taskMs = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN)
  }
  await slowDown(visitor, slower)
  await page.getByLabel('Your message').fill('Go')
  const before = await taskMs()
  await page.getByLabel('Your message').press('Enter')
  const longestFrameMs = await page.evaluate(() => (window as unknown as { done: Promise<number> }).done)
  const mainThreadMs = (await taskMs()) - before
  await page.context().close()
  return { mainThreadMs, longestFrameMs }
}

const root = join(import.meta.dirname, '../..')

/** The same answer where each piece makes the whole text be parsed and drawn again. One piece in `sample` is done and counts for all. */
export const reparsed = async (browser: Browser, count: number, sample = 25): Promise<number> => {
  const page = await browser.newPage()
  await page.route('http://bench.test/**', (route) => {
    const { pathname } = new URL(route.request().url())
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: '<!doctype html><main></main>' })
    const source = readFileSync(join(root, pathname), 'utf8')
    return route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) })
  })
  await page.goto('http://bench.test/')
  const ms = await page.evaluate(
    async ({ all, step, sample }) => {
      const script = '/bench/baselines/reparse.ts'
      const { show } = (await import(script)) as typeof Reparse
      const main = document.querySelector('main') as HTMLElement
      let sum = 0
      for (let end = step; end <= all.length; end += step * sample) {
        const text = all.slice(0, end).join('')
        const before = performance.now()
        show(text, main)
        void main.offsetHeight
        sum += performance.now() - before
      }
      return sum * sample
    },
    { all: tokens(count), step: tokensAFrame, sample },
  )
  await page.close()
  return ms
}
