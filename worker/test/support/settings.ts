import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { app } from '../../src/app.ts'
import { requestOf, type Asked } from './api.ts'

/** Calls a Worker of its own, whose settings or bindings differ from the suite's: it shares nothing but the platform. */
export const workerWith = (change: object) => {
  const own = { ...env, ...change }
  return async (method: string, path: string, asked: Asked = {}): Promise<Response> => {
    const context = createExecutionContext()
    const answer = await app.fetch(requestOf(method, path, asked), own, context)
    await waitOnExecutionContext(context)
    return answer
  }
}
