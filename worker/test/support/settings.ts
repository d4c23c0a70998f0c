import { createExecutionContext, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { app } from '../../src/app.ts'
import { Chat } from '../../src/chat/chat.ts'
import { asWritten, requestOf, type Asked } from './api.ts'

/** Calls a Worker of its own, whose settings or bindings differ from the suite's: it shares nothing but the platform. */
export const workerWith = (change: object) => {
  const own = { ...env, ...change }
  return async (method: string, path: string, asked: Asked = {}): Promise<Response> => {
    const context = createExecutionContext()
    const answer = await app.fetch(requestOf(method, path, asked), own, context)
    await waitOnExecutionContext(context)
    return asWritten(method, path, answer)
  }
}

/** Calls a Worker as {@link workerWith} does, the objects of whose conversations have its settings too. */
export const workerAndChatsWith = (change: object) => {
  const own = { ...env, ...change }
  const fetchIn = async (id: DurableObjectId, url: string, init: RequestInit) => {
    const told = await runInDurableObject(env.CHAT.get(id), async (_, state) => {
      const answer = await new Chat(state, own).fetch(new Request(url, init))
      return { status: answer.status, headers: [...answer.headers], text: await answer.text() }
    })
    return new Response(told.text, told)
  }
  const CHAT = {
    idFromName: (name: string) => env.CHAT.idFromName(name),
    get: (id: DurableObjectId) => ({ fetch: (url: string, init: RequestInit) => fetchIn(id, url, init) }),
  }
  return workerWith({ ...change, CHAT })
}
