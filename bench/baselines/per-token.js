// The usual way: every event of the model is parsed, wrapped and sent on by itself.
import { DurableObject } from 'cloudflare:workers'

export class Relay extends DurableObject {
  async fetch(request) {
    const upstream = await fetch(this.env.MODEL_URL, { method: 'POST', headers: request.headers, body: request.body })
    const { readable, writable } = new TransformStream()
    this.ctx.waitUntil(relay(upstream.body, writable.getWriter()))
    return new Response(readable, { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-transform' } })
  }
}

const relay = async (body, writer) => {
  const encoder = new TextEncoder()
  let rest = ''
  let id = 0
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n')
    rest = blocks.pop()
    for (const block of blocks) {
      const data = block.slice(6)
      if (data === '[DONE]') continue
      const content = JSON.parse(data).choices[0]?.delta.content
      if (content) {
        const event = `id: ${++id}\nevent: delta\ndata: ${JSON.stringify({ text: content })}\n\n`
        await writer.write(encoder.encode(event))
      }
    }
  }
  await writer.close()
}

export default {
  fetch: (request, env) =>
    env.RELAY.get(env.RELAY.idFromName(request.headers.get('x-object') ?? crypto.randomUUID())).fetch(request),
}
