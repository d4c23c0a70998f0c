import type { Gate } from '@macro-ai/shared'
import { createMiddleware } from 'hono/factory'
import { resting } from '../relief/relief.ts'
import type { App } from './context.ts'

/** Lets nothing through while this rests; before all else, so that a refusal uses up next to nothing. */
export const unlessResting = (gate: Gate) =>
  createMiddleware<App>(async (c, next) => {
    const { relief, now } = c.var.deps
    const shut = relief.shut(gate)
    if (shut) throw resting(shut, now())
    await next()
  })
