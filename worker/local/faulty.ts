import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { ServerResponse } from 'node:http'
import { createMiddleware } from 'hono/factory'
import type { Counters } from './counters.ts'
import type { Faults, Target } from './faults.ts'
import { describe, operations, type Asked } from './operations.ts'
import { garbage, refusal } from './refusals.ts'

type OnNode = { Bindings: HttpBindings }

/** Stream chunks that still pass before `cut` strikes: enough for a model's opening events and some text. */
const chunksBeforeCut = 8

/** Stands before one stand-in: counts what comes in, and plays the fault that is due. */
export const faulty = (target: Target, faults: Faults, counters: Counters) =>
  createMiddleware<OnNode>(async (c, next) => {
    const { method, path } = c.req
    const asked: Asked = { method, path, amzTarget: c.req.header('x-amz-target'), body: await c.req.text() }
    counters.call(target)
    for (const name of operations(target, asked)) counters.operation(target, name)

    const fault = faults.take(target, describe(asked))
    const { outgoing } = c.env
    switch (fault?.kind) {
      case undefined:
        return next()
      case 'down':
        return hangUp(outgoing)
      case 'hang':
        await pause(fault.ms, outgoing, faults.cleared)
        return hangUp(outgoing)
      case 'slow':
        await pause(fault.ms ?? 2_000, outgoing, faults.cleared)
        return outgoing.destroyed ? hangUp(outgoing) : next()
      case '429':
      case '500':
        return refusal(target, fault.kind === '429' ? 429 : 500)
      case 'malformed':
        return garbage()
      case 'lost-reply':
        await next()
        await c.res.arrayBuffer()
        break
      case 'cut':
        await next()
        await sendPart(c.res, outgoing, fault.ms)
    }
    c.res = undefined
    c.res = hangUp(outgoing)
  })

const hangUp = (outgoing: ServerResponse) => {
  outgoing.destroy()
  return RESPONSE_ALREADY_SENT
}

/** Waits for the time given (for ever when absent), or until the client leaves or the faults are cleared. */
const pause = async (ms: number | undefined, outgoing: ServerResponse, cleared: AbortSignal) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = ms === undefined ? undefined : setTimeout(resolve, ms)
  outgoing.once('close', resolve)
  cleared.addEventListener('abort', () => resolve(), { once: true })
  await promise
  clearTimeout(timer)
}

/** The answer's start: half of a whole body, some chunks (or `ms`) of a stream. The last byte is never sent. */
const sendPart = async (answer: Response, outgoing: ServerResponse, ms: number | undefined) => {
  const headers = Object.fromEntries(answer.headers)
  if (!headers['content-type']?.startsWith('text/event-stream')) {
    const body = Buffer.from(await answer.arrayBuffer())
    outgoing.writeHead(answer.status, { ...headers, 'content-length': body.length })
    return write(outgoing, body.subarray(0, body.length / 2))
  }

  outgoing.writeHead(answer.status, headers)
  const reader = answer.body?.getReader()
  const due = ms === undefined ? undefined : AbortSignal.timeout(ms)
  due?.addEventListener('abort', () => void reader?.cancel(), { once: true })
  for (let sent = 0; ms !== undefined || sent < chunksBeforeCut; sent++) {
    const { value } = (await reader?.read()) ?? {}
    if (!value || outgoing.destroyed) break
    await write(outgoing, value)
  }
  await reader?.cancel()
}

/** Resolves when the bytes have left this process, so that hanging up after it does not take them back. */
const write = (outgoing: ServerResponse, bytes: Uint8Array) =>
  new Promise<void>((resolve) => {
    outgoing.once('close', resolve)
    outgoing.write(bytes, () => {
      outgoing.off('close', resolve)
      resolve()
    })
  })
