import { serve, type ServerType } from '@hono/node-server'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { model } from './index.ts'

let server: ServerType
let url: string
let client: OpenAI
beforeAll(async () => {
  server = serve({ fetch: model({ pace: 'instant' }).fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  client = new OpenAI({ apiKey: 'sk-demo', baseURL: `${url}/v1`, maxRetries: 0 })
})
afterAll(() => void server.close())

test('a chat answer streams token by token and ends with its usage', async () => {
  const stream = await client.chat.completions.create({
    model: 'demo',
    stream: true,
    stream_options: { include_usage: true },
    messages: [{ role: 'user', content: 'write 300 words about tides' }],
  })
  const chunks: OpenAI.ChatCompletionChunk[] = []
  for await (const chunk of stream) chunks.push(chunk)
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
  expect(text.split(/\s+/)).toHaveLength(300)
  expect(chunks.at(-1)?.choices).toEqual([])
  expect(chunks.at(-1)?.usage?.completion_tokens).toBe(chunks.length - 3)
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop')
})
