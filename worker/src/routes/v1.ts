import { ChatCompletion, Embeddings, type Model } from '@macro-ai/shared'
import { Hono } from 'hono'
import { streamHeaders } from '../chat/event-log.ts'
import { log } from '../log.ts'
import { keyHolder, type KeyApp } from '../middleware/api-key.ts'
import { body } from '../middleware/input.ts'
import { unlessResting } from '../middleware/resting.ts'
import { Problem } from '../problem.ts'
import { complete, embed, modelOf } from '../v1/call.ts'
import { asFailure, failureOf, notAllowed, unknownUrl } from '../v1/failure.ts'

/** Pictures come within it; `v1/call.ts` bounds the rest. `pnpm bench picture` shows what the largest takes of 10 ms of CPU. */
const maxBytes = 2 * 1024 * 1024
const maxTextBytes = 512 * 1024
const json = { 'content-type': 'application/json' }

/** A model in OpenAI's terms. */
const described = ({ id, asOf }: Model) => ({
  id,
  object: 'model',
  created: Math.floor(Date.parse(asOf) / 1000),
  owned_by: 'macro-ai',
})

/** OpenAI's API, for programs that know it. Everything here is paid for by the key's owner, under the same caps. */
export const v1Routes = new Hono<KeyApp>()
  .post('/chat/completions', unlessResting('api'), keyHolder('chat'), body(ChatCompletion, maxBytes), async (c) => {
    const answer = await complete(c.var.deps, c.var.key, c.var.body, (work) => c.executionCtx.waitUntil(work))
    return typeof answer === 'string' ? c.body(answer, 200, json) : c.body(answer, 200, streamHeaders)
  })
  .post('/embeddings', unlessResting('api'), keyHolder('embeddings'), body(Embeddings, maxTextBytes), async (c) =>
    c.body(await embed(c.var.deps, c.var.key, c.var.body, (work) => c.executionCtx.waitUntil(work)), 200, json),
  )
  .get('/models', keyHolder('models'), (c) =>
    c.json({ object: 'list', data: [...c.var.deps.models.values()].map(described) }),
  )
  .get('/models/:model', keyHolder('models'), (c) => c.json(described(modelOf(c.var.deps, c.req.param('model')))))
  .all('/chat/completions', (c) => notAllowed(c.req, 'POST'))
  .all('/embeddings', (c) => notAllowed(c.req, 'POST'))
  .all('/models', (c) => notAllowed(c.req, 'GET, HEAD'))
  .all('/models/:model', (c) => notAllowed(c.req, 'GET, HEAD'))
  .all('*', (c) => unknownUrl(c.req))
  .onError((error, c) => {
    const known = failureOf(error)
    if (!known) log.error('unexpected', { requestId: c.var.requestId, error: String(error), stack: error.stack })
    return known ?? asFailure(new Problem('internal'))
  })
