import { serve } from '@hono/node-server'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { Responses } from 'openai/resources/responses/responses'
import type { ModelFault } from './faults.ts'
import { model } from './index.ts'
import type { Call } from './requests.ts'

/** The model on a free port, the official client for it, and a way to arm a fault for the next answer, and to take all back. */
export const startModel = async () => {
  const armed: ModelFault[] = []
  const mended = new AbortController()
  const app = model({ pace: 'instant', faults: { takeModelFault: () => armed.shift(), cleared: mended.signal } })
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  // Longer than any test waits between two requests: none is sent into a connection that is closed in that moment.
  server.keepAliveTimeout = 65_000
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = new OpenAI({
    apiKey: 'sk-demo',
    baseURL: `${url}/v1`,
    maxRetries: 0,
    timeout: 30_000,
    logLevel: 'off',
  })
  // As the Worker never calls it, our patch of the package leaves it out of the client.
  client.responses = new Responses(client)
  const post = (path: string, body: unknown, init: RequestInit = {}) =>
    fetch(url + path, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-demo', 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    })
  const calls = async () => (await (await fetch(`${url}/demo/requests`)).json()) as Call[]
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url, client, post, calls, arm: (fault: ModelFault) => armed.push(fault), mend: () => mended.abort(), close }
}
export type StartedModel = Awaited<ReturnType<typeof startModel>>

export const user = (content: string) => ({ role: 'user' as const, content })

export const collect = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
