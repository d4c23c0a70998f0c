import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { inject } from 'vitest'

/** Has a page's turns answered from here, a frame of the stream whenever the test says so. */
export const pourInto = async (page: Page) => {
  let stream: ServerResponse | undefined
  let id = 0
  let asked = Promise.withResolvers<void>()
  const send = (event: string, data: object) =>
    stream?.write(`id: ${++id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const { turnId, conversationId } = JSON.parse(body) as { turnId: string; conversationId: string }
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'access-control-allow-origin': inject('siteUrl'),
      })
      stream = response
      id = 0
      const ids = { turnId, conversationId, userMessageId: randomUUID(), messageId: randomUUID() }
      send('start', { ...ids, model: 'demo', reservedMicros: 0 })
      asked.resolve()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/turns`
  await page.route('**/turns', (route) => route.continue({ url }))
  return {
    /** Waits until a turn is here. */
    accepted: async () => {
      await asked.promise
      asked = Promise.withResolvers()
    },
    pour: (text: string) => send('delta', { text }),
    end: () => {
      const usage = { inputTokens: 1, cachedTokens: 0, outputTokens: 1, costMicros: 0 }
      send('end', { status: 'complete', usage })
      stream?.end()
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
