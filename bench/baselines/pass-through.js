// What any relay is measured against: the model's bytes, untouched, through a Worker and a Durable Object.
import { DurableObject } from 'cloudflare:workers'

export class Relay extends DurableObject {
  fetch(request) {
    return fetch(this.env.MODEL_URL, { method: 'POST', headers: request.headers, body: request.body })
  }
}

export default {
  fetch: (request, env) =>
    env.RELAY.get(env.RELAY.idFromName(request.headers.get('x-object') ?? crypto.randomUUID())).fetch(request),
}
