import {
  newId,
  type Challenge,
  type Endpoint,
  type Invite,
  type MadeKey,
  type NewAssistant,
  type NewKey,
  type Share,
  type SignUp,
  type TotpSecret,
} from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { stopToken } from '../../src/alerts/signing.ts'
import { call, newPerson, ok, owner, password, type Asked, type Person } from './api.ts'
import { authenticator } from './authenticator.ts'
import { addFile } from './files.ts'
import { newTurn, say } from './turns.ts'

export const keyOf = ({ method, path }: Pick<Endpoint, 'method' | 'path'>) => `${method} ${path}`

/** People and things that requests can be about. */
export type World = {
  owner: Person
  person: Person
  conversationId: string
  messageId: string
  turnId: string
  shareToken: string
  assistantId: string
  fileId: string
  documentId: string
  collectionId: string
  memoryId: string
  keyId: string
  inviteId: string
  stopLink: string
}

export const newAssistant = (change: Partial<NewAssistant> = {}) => ({ id: newId(), name: 'Translator', ...change })

/** A key for other programs. */
export const newKey = ({ token }: Pick<Person, 'token'>, change: Partial<NewKey> = {}) =>
  ok<MadeKey>(call('post', '/keys', { token, body: { name: 'A program', ...change } }), 201)

export const newWorld = async (): Promise<World> => {
  const [boss, person] = [await owner(), await newPerson()]
  await ok(call('patch', '/admin/instance', { token: boss.token, body: { paused: false } }))
  const { start } = await say(person)
  const { conversationId, messageId, turnId } = start
  const { token } = person
  const { token: shareToken } = await ok<Share>(call('post', `/conversations/${conversationId}/share`, { token }), 201)
  const { id: assistantId } = await ok<{ id: string }>(
    call('post', '/assistants', { token, body: newAssistant() }),
    201,
  )
  const { id: fileId } = await addFile(person, 'a.txt', 'Spring tides are high.')
  const [documentId, collectionId, memoryId] = [newId(), newId(), newId()]
  const chunks = [{ text: 'Spring tides are high.', page: 1 }]
  await ok(call('post', '/documents', { token, body: { id: documentId, title: 'Tides', chunks, total: 2 } }), 201)
  await ok(call('post', '/collections', { token, body: { id: collectionId, name: 'The sea' } }), 201)
  await ok(call('post', '/memories', { token, body: { id: memoryId, text: 'I sail.' } }), 201)
  const { id: keyId } = await newKey(person)
  const { id: inviteId } = await ok<Invite>(call('post', '/admin/invites', { token: boss.token }), 201)
  const known = {
    conversationId,
    messageId,
    turnId,
    shareToken,
    assistantId,
    fileId,
    documentId,
    collectionId,
    memoryId,
    keyId,
    inviteId,
    stopLink: await stopToken(env.SITE_SECRET, Date.now()),
  }
  return { owner: boss, person, ...known }
}

/** A path of the contract with the ids of things that exist. */
export const pathOf = (
  { path }: Pick<Endpoint, 'path'>,
  { conversationId, turnId, shareToken, person, ...world }: World,
): string =>
  path
    .replace('/conversations/{id}', `/conversations/${conversationId}`)
    .replace('/assistants/{id}', `/assistants/${world.assistantId}`)
    .replace('/admin/users/{id}', `/admin/users/${person.id}`)
    .replace('/admin/invites/{id}', `/admin/invites/${world.inviteId}`)
    .replace('/documents/{id}', `/documents/${world.documentId}`)
    .replace('/collections/{id}', `/collections/${world.collectionId}`)
    .replace('/memories/{id}', `/memories/${world.memoryId}`)
    .replace('/files/{id}', `/files/${world.fileId}`)
    .replace('/keys/{id}', `/keys/${world.keyId}`)
    .replace('/models/{model}', '/models/demo')
    .replace('{link}', world.stopLink)
    .replace('{turnId}', turnId)
    .replace('{token}', shareToken)

const signedUp = async (): Promise<SignUp> => {
  const body = { email: `${newId()}@example.org`, password }
  await ok(call('post', '/auth/sign-up', { body }), 202)
  return body
}

const totpCode = async (token: string) =>
  authenticator((await ok<TotpSecret>(call('post', '/auth/totp', { token }))).secret)

const turnOnTotp = async (token: string) => {
  const code = await totpCode(token)
  await ok(call('post', '/auth/totp/verify', { token, body: { code } }), 204)
  return code
}

type Good = Asked & { query?: string }

/** For every route a request that it takes, where more is needed than the path and a token. */
export const goodRequests: Record<string, (world: World) => Promise<Good> | Good> = {
  'post /auth/sign-up': () => ({ body: { email: `${newId()}@example.org`, password, name: 'Grace' } }),
  'post /auth/confirm': async () => ({ body: { email: (await signedUp()).email, code: '123456' } }),
  'post /auth/resend': async () => ({ body: { email: (await signedUp()).email } }),
  'post /auth/sign-in': ({ person }) => ({ body: { email: person.email, password } }),
  'post /auth/refresh': async () => ({ body: { refreshToken: (await newPerson()).refreshToken } }),
  'post /auth/sign-out': async () => ({ body: { refreshToken: (await newPerson()).refreshToken } }),
  'post /auth/forgot': ({ person }) => ({ body: { email: person.email } }),
  'post /auth/reset': async ({ person: { email } }) => {
    await ok(call('post', '/auth/forgot', { body: { email } }), 202)
    return { body: { email, code: '123456', password } }
  },
  'post /auth/challenge': async ({ person: { token, email } }) => {
    const code = await turnOnTotp(token)
    const { session } = await ok<Challenge>(call('post', '/auth/sign-in', { body: { email, password } }))
    return { body: { email, session, code } }
  },
  'post /auth/password': () => ({ body: { current: password, next: 'Another-h0rse battery' } }),
  'post /auth/totp/verify': async ({ person: { token } }) => ({ body: { code: await totpCode(token) } }),
  'delete /auth/totp': async ({ person: { token } }) => {
    await turnOnTotp(token)
    return {}
  },
  'post /me/import': () => ({ body: [{ mapping: {} }] }),
  'delete /me': () => ({ body: { password } }),
  'patch /me': () => ({ body: { name: 'Ada L.', defaultModel: 'demo', instructions: 'Be brief.', memory: false } }),
  'get /conversations': () => ({ query: '?view=archived&limit=1' }),
  'get /conversations/{id}/messages': ({ messageId }) => ({ query: `?before=${messageId}` }),
  'patch /conversations/{id}': ({ messageId }) => ({
    body: { title: 'Tides', pinned: true, archived: false, model: 'demo', instructions: '', leafId: messageId },
  }),
  'post /conversations/{id}/restore': async ({ person: { token }, conversationId }) => {
    await ok(call('delete', `/conversations/${conversationId}`, { token }), 204)
    return {}
  },
  'post /conversations/{id}/share': ({ messageId }) => ({ body: { messageId, days: 7 } }),
  'post /assistants': () => ({ body: newAssistant() }),
  'patch /assistants/{id}': () => ({ body: { name: 'Editor', description: '', starters: ['Shorten this'] } }),
  'get /search': () => ({ query: '?q=all+well' }),
  'post /files': () => ({ query: '?name=b.txt', body: 'Neap tides are low.' }),
  'post /documents': () => ({ body: { id: newId(), title: 'Moon', chunks: [{ text: 'The moon pulls.', page: 3 }] } }),
  'post /documents/{id}/chunks': () => ({ body: { position: 1, chunks: [{ text: 'Neap tides are low.' }] } }),
  'post /collections': () => ({ body: { id: newId(), name: 'The shore' } }),
  'patch /collections/{id}': ({ documentId, conversationId }) => ({
    body: { name: 'The coast', documentIds: [documentId], attachedTo: [conversationId] },
  }),
  'post /memories': () => ({ body: { id: newId(), text: 'I like tea.' } }),
  'patch /memories/{id}': () => ({ body: { text: 'I like coffee.' } }),
  'post /turns': () => ({ body: newTurn() }),
  'post /keys': () => ({ body: { name: 'Editor', capMicros: 1_000, scopes: ['chat'] } }),
  'post /v1/chat/completions': async ({ person }) => ({
    token: (await newKey(person)).key,
    body: { model: 'demo', messages: [{ role: 'user', content: 'Say exactly: hello' }] },
  }),
  'post /v1/embeddings': async ({ person }) => ({
    token: (await newKey(person)).key,
    body: { model: 'demo-embedding', input: 'tides' },
  }),
  'get /v1/models': async ({ person }) => ({ token: (await newKey(person)).key }),
  'get /v1/models/{model}': async ({ person }) => ({ token: (await newKey(person)).key }),
  'patch /admin/users/{id}': () => ({ body: { dailyCapMicros: 5_000_000, monthlyCapMicros: null, disabled: false } }),
  'post /admin/invites': () => ({ body: { maxUses: 2, days: 1 } }),
  'patch /admin/instance': () => ({ body: { monthlyCapMicros: null, paused: false, degrade: true } }),
}

/** Sends a good request to a route of the contract. */
export const askFor = async (endpoint: Endpoint, world: World): Promise<Response> => {
  const { query = '', ...asked } = (await goodRequests[keyOf(endpoint)]?.(world)) ?? {}
  const token = { anybody: undefined, 'signed in': world.person.token, admin: world.owner.token, key: undefined }[
    endpoint.who
  ]
  return call(endpoint.method, pathOf(endpoint, world) + query, { token, ...asked })
}
