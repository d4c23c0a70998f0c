import { Hono } from 'hono'
import { modelCard, modelCards } from './catalogue.ts'
import { chat } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { Failure, serverError } from './failure.ts'
import type { FaultSource } from './faults.ts'
import { readPace, type Pace } from './pace.ts'
import { prefixCache } from './prefixes.ts'
import { requestLog } from './requests.ts'
import { responses } from './responses.ts'

export type ModelOptions = {
  faults?: FaultSource
  /** How fast it speaks, unless the header `x-demo-pace` says otherwise; from MODEL_PACE when left out. */
  pace?: Pace
}

/** The offline demo model behind OpenAI's wire formats. */
export const model = (options: ModelOptions = {}): Hono => {
  const log = requestLog()
  const usual = options.pace ?? readPace(process.env.MODEL_PACE) ?? 'human'
  const deps = {
    log,
    faults: options.faults,
    cache: prefixCache(),
    pace: (header: string | undefined) => readPace(header) ?? usual,
  }

  const app = new Hono()
  app.onError((error, c) => {
    const failure = error instanceof Failure ? error : serverError()
    if (failure !== error) console.error(error)
    return c.json(failure.body, failure.status)
  })

  app.get('/demo/requests', (c) => c.json(log.list()))
  app.delete('/demo/requests', (c) => {
    log.clear()
    return c.body(null, 204)
  })

  app.use('/v1/*', async (c, next) => {
    if (!/^Bearer \S+$/i.test(c.req.header('authorization') ?? ''))
      throw new Failure(401, "You didn't provide an API key in an Authorization header using Bearer auth.", {
        code: 'invalid_api_key',
      })
    await next()
  })
  app.get('/v1/models', (c) => c.json({ object: 'list', data: modelCards }))
  app.get('/v1/models/:id', (c) => c.json(modelCard(c.req.param('id'))))
  app.post('/v1/chat/completions', chat(deps))
  app.post('/v1/responses', responses(deps))
  app.post('/v1/embeddings', embeddings(deps))
  app.all('/v1/*', (c) => {
    throw new Failure(404, `Invalid URL (${c.req.method} ${c.req.path})`)
  })
  return app
}
