import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The model that every relay of the bench is given: OpenAI's stream, one event a token, in a process of its own. The
 * question says how long and how quick: "… 1000 tokens at 200" a second, or "… 50 tokens at once".
 */
const chunk = (delta: object, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-0123456789abcdef0123456789abcdef',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'demo',
    service_tier: 'default',
    system_fingerprint: 'fp_bench',
    usage: null,
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  })}\n\n`

const ending = (promptBytes: number, tokens: number) =>
  chunk({}, 'stop') +
  `data: ${JSON.stringify({ object: 'chat.completion.chunk', choices: [], usage: { prompt_tokens: Math.ceil(promptBytes / 4), completion_tokens: tokens } })}\n\n` +
  'data: [DONE]\n\n'

let lastPromptBytes = 0

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    if (request.method === 'GET') return void response.end(String(lastPromptBytes))
    const body = Buffer.concat(parts).toString()
    if (request.url?.endsWith('/embeddings')) {
      const { input, dimensions } = JSON.parse(body) as { input: string[]; dimensions: number }
      const data = input.map((_, index) => ({
        index,
        embedding: Array.from({ length: dimensions }, (_, at) => Math.sin(at)),
      }))
      response.setHeader('content-type', 'application/json')
      return void response.end(JSON.stringify({ data, usage: { prompt_tokens: 10, total_tokens: 10 } }))
    }
    lastPromptBytes = body.length
    const [, count = '20', pace = 'once'] = [...body.matchAll(/(\d+) tokens at (once|\d+)/g)].at(-1) ?? []
    const tokens = Number(count)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' })
    const word = (place: number) => chunk({ content: ` word${place}` })
    if (pace === 'once') {
      const text = Array.from({ length: tokens }, (_, place) => word(place)).join('')
      return void response.end(text + ending(body.length, tokens))
    }
    const tokenMs = 1000 / Number(pace)
    const started = performance.now()
    let sent = 0
    const write = () => {
      const due = Math.min(tokens, 1 + Math.floor((performance.now() - started) / tokenMs))
      while (sent < due) response.write(word(sent++))
      if (response.destroyed) return
      if (sent === tokens) response.end(ending(body.length, tokens))
      else setTimeout(write, Math.max(0, sent * tokenMs - (performance.now() - started)))
    }
    write()
  })
})
server.listen(0, '127.0.0.1', () => console.log(`upstream ${(server.address() as AddressInfo).port}`))
