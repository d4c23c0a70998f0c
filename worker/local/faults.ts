import { z } from 'zod'
import { MODEL_FAULTS, type ModelFault } from './model/faults.ts'

export const targets = ['database', 'cache', 'identity', 'model'] as const
export type Target = (typeof targets)[number]

const everywhere = ['down', 'hang', 'slow', '429', '500', 'malformed', 'cut', 'lost-reply'] as const
export type GenericFault = (typeof everywhere)[number]

/** What tests order. `429` and `500` may come as numbers. */
export const FaultOrder = z
  .strictObject({
    target: z.enum(targets),
    kind: z.preprocess(
      (kind) => (typeof kind === 'number' ? String(kind) : kind),
      z.enum([...everywhere, ...MODEL_FAULTS]),
    ),
    /** How many requests it hits; until `DELETE /faults` when absent. */
    times: z.int().positive().optional(),
    /** `slow`: the delay (2,000 when absent). `hang`: gives up after. `cut`: a stream is cut after. */
    ms: z.int().nonnegative().max(600_000).optional(),
    /** Lets this many matching requests through first. */
    skip: z.int().nonnegative().optional(),
    /** Hits only requests whose method, path, operation or body contain this text. */
    match: z.string().min(1).optional(),
  })
  .refine(({ target, kind }) => target === 'model' || !isModelFault(kind), {
    path: ['kind'],
    error: 'only the model has this fault',
  })
export type FaultOrder = z.infer<typeof FaultOrder>

/** What the model stand-in asks before each answer. `request` is text that an order's `match` may look for. */
export type ModelFaults = { takeModelFault: (request?: string) => ModelFault | undefined }

export type Faults = ReturnType<typeof createFaults>

const isModelFault = (kind: string): kind is ModelFault => (MODEL_FAULTS as readonly string[]).includes(kind)

/** The orders not yet used up. Those of one target apply in the order they came. */
export const createFaults = () => {
  let orders: FaultOrder[] = []
  let cleared = new AbortController()

  const take = (target: Target, request: string, special: boolean) => {
    const order = orders.find(
      (candidate) =>
        candidate.target === target &&
        isModelFault(candidate.kind) === special &&
        (candidate.match === undefined || request.includes(candidate.match)),
    )
    if (!order) return undefined
    if (order.skip) {
      order.skip -= 1
      return undefined
    }
    if (order.times !== undefined && --order.times === 0) orders = orders.filter((other) => other !== order)
    return order
  }

  return {
    add: (order: FaultOrder) => void orders.push({ ...order }),
    clear: () => {
      orders = []
      cleared.abort()
      cleared = new AbortController()
    },
    /** Aborts at the next `clear`: what hangs lets go. */
    get cleared() {
      return cleared.signal
    },
    take: (target: Target, request: string) =>
      take(target, request, false) as (FaultOrder & { kind: GenericFault }) | undefined,
    takeModelFault: (request = '') => take('model', request, true)?.kind as ModelFault | undefined,
  }
}
