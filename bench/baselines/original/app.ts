/**
 * ORIGINAL-PLAN.md's own design: Express 5 behind serverless-http, with what the plan lists for each request (CORS,
 * zod, Cognito's tokens, Redis as cache-aside, PostgreSQL, OpenAI), on the same stand-ins as ours.
 */
import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from '@upstash/redis'
import { JwtVerifier } from 'aws-jwt-verify'
import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import { OpenAI } from 'openai'
import { z } from 'zod'

const setting = (name: string) => z.string().parse(process.env[name])

neonConfig.fetchEndpoint = setting('NEON_FETCH_ENDPOINT')
const sql = neon(setting('NEON_DATABASE_URL'))
const redis = new Redis({ url: setting('UPSTASH_REDIS_REST_URL'), token: setting('UPSTASH_REDIS_REST_TOKEN') })
const openai = new OpenAI({ baseURL: setting('OPENAI_BASE_URL'), apiKey: setting('OPENAI_API_KEY') })

const issuer = setting('COGNITO_ISSUER')
const jwksUri = `${issuer}/.well-known/jwks.json`
const verifier = JwtVerifier.create({ issuer, jwksUri, audience: null })
// Its own fetcher refuses http on Node.
let keys: Promise<void> | undefined
const loadKeys = async () => {
  const answer = await fetch(jwksUri)
  verifier.cacheJwks((await answer.json()) as Parameters<typeof verifier.cacheJwks>[0])
}

type SignedIn = Request & { userId: string }
const signedIn: RequestHandler = async (request, response, next) => {
  try {
    await (keys ??= loadKeys())
    const { sub } = await verifier.verify((request.headers.authorization ?? '').replace(/^Bearer /, ''))
    ;(request as SignedIn).userId = String(sub)
  } catch {
    response.status(401).json({ error: 'Unauthorized' })
    return
  }
  next()
}
const userIdOf = (request: Request) => (request as SignedIn).userId

/** The plan's `getOrSet`. */
const cached = async <Value>(key: string, fetcher: () => Promise<Value>): Promise<Value> => {
  const found = await redis.get<Value>(key)
  if (found) return found
  const data = await fetcher()
  await redis.set(key, data, { ex: 3600 })
  return data
}

const Turn = z.object({
  turnId: z.uuid(),
  conversationId: z.uuid(),
  parentId: z.uuid().nullable(),
  text: z.string().min(1).max(32_000),
})
const SignIn = z.object({ email: z.email(), password: z.string() })

export const app = express()
app.disable('x-powered-by')
app.use((_request, response, next) => {
  response.set('access-control-allow-origin', setting('ALLOWED_ORIGINS').split(',')[0] ?? '')
  next()
})
app.use(express.json({ limit: '256kb' }))

app.get('/health', (_request, response) => void response.json({ status: 'ok' }))

app.post('/auth/sign-in', async (request, response) => {
  const { email, password } = SignIn.parse(request.body)
  const answer = await fetch(setting('COGNITO_ENDPOINT'), {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: setting('COGNITO_CLIENT_ID'),
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  })
  const { AuthenticationResult } = (await answer.json()) as { AuthenticationResult: { AccessToken: string } }
  response.json({ accessToken: AuthenticationResult.AccessToken })
})

app.get('/me', signedIn, async (request, response) => {
  const id = userIdOf(request)
  response.json(
    await cached(`original:me:${id}`, async () => (await sql`select * from users where id = ${id}::uuid`)[0]),
  )
})

app.get('/conversations', signedIn, async (request, response) => {
  const id = userIdOf(request)
  const list = () => sql`
    select id, title, model, created_at, updated_at from conversations
    where owner_id = ${id}::uuid and deleted_at is null order by updated_at desc limit 50`
  response.json({ items: await cached(`original:conversations:${id}`, list) })
})

app.get('/conversations/:id', signedIn, async (request, response) => {
  const [owner, conversation] = [userIdOf(request), z.uuid().parse(request.params['id'])]
  const [found] = await sql`select * from conversations where id = ${conversation}::uuid and owner_id = ${owner}::uuid`
  if (!found) {
    response.status(404).json({ error: 'Not found' })
    return
  }
  const messages = await sql`
    select * from messages where conversation_id = ${conversation}::uuid and owner_id = ${owner}::uuid order by id limit 50`
  response.json({ conversation: found, messages })
})

app.post('/turns', signedIn, async (request, response) => {
  const owner = userIdOf(request)
  const turn = Turn.parse(request.body)
  const [question, answer] = [crypto.randomUUID(), crypto.randomUUID()]
  await sql`insert into conversations (id, owner_id, title) values (${turn.conversationId}::uuid, ${owner}::uuid, ${turn.text.slice(0, 60)}) on conflict do nothing`
  const path = await sql`
    select role, text from messages where conversation_id = ${turn.conversationId}::uuid order by depth limit 40`
  await sql`
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth)
    values (${question}::uuid, ${turn.conversationId}::uuid, ${owner}::uuid, ${turn.parentId}::uuid, 'user', ${turn.text}, ${path.length})`
  response.set('content-type', 'text/event-stream')
  const stream = await openai.chat.completions.create({
    model: 'demo',
    stream: true,
    messages: [
      ...path.map(({ role, text }) => ({ role: role as 'user' | 'assistant', content: String(text) })),
      { role: 'user', content: turn.text },
    ],
  })
  let text = ''
  for await (const chunk of stream) {
    const piece = chunk.choices[0]?.delta.content ?? ''
    text += piece
    if (piece) response.write(`data: ${JSON.stringify({ text: piece })}\n\n`)
  }
  await sql`
    insert into messages (id, conversation_id, owner_id, parent_id, role, text, depth, turn_id)
    values (${answer}::uuid, ${turn.conversationId}::uuid, ${owner}::uuid, ${question}::uuid, 'assistant', ${text}, ${path.length + 1}, ${turn.turnId}::uuid)`
  await redis.del(`original:conversations:${owner}`)
  response.end()
})

const problem: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const refused = error instanceof z.ZodError
  if (!refused) console.error(error)
  response.status(refused ? 400 : 500).json({ error: refused ? error.issues : 'Internal Server Error' })
}
app.use(problem)
