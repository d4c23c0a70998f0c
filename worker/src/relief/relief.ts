import type { Gate, Reduction } from '@macro-ai/shared'
import { Problem } from '../problem.ts'

/**
 * What rests, as far as this isolate has heard: it learns it with the report that it sends anyway. A new period ends it
 * without anybody's word; nothing heard is nothing shut, since these limits end by themselves and send no bill.
 */
export const openRelief = ({ now }: { now: () => number }) => {
  let heard: Reduction[] = []
  const inForce = () => heard.filter(({ resetsAt }) => resetsAt === null || Date.parse(resetsAt) > now())
  return {
    learn: (reductions: Reduction[]): void => {
      heard = reductions
    },
    inForce,
    shut: (gate: Gate): Reduction | undefined => inForce().find((one) => one.gate === gate),
  }
}
export type Relief = ReturnType<typeof openRelief>

/** Whether a model that costs nothing is the way out. */
export const restsForMoney = ({ resource }: Reduction): boolean => resource === 'model.micros'

const rests: Record<Gate, string> = {
  cache: 'The cache rests.',
  api: 'Other programs have to wait.',
  files: 'New files have to wait.',
  documents: 'New documents have to wait.',
  'sign-up': 'New accounts have to wait.',
  turns: 'New answers have to wait. Reading and searching still work.',
}

/** Why something is refused, and when it is worth another try. */
export const resting = (reduction: Reduction, now: number): Problem => {
  const { gate, service, metric, share, resetsAt } = reduction
  const until = resetsAt === null ? 'It goes on once there is room again.' : `It goes on at ${resetsAt}.`
  const percent = Math.min(100, Math.floor(share * 100))
  return new Problem('reduced', {
    detail: `${rests[gate]} ${percent} % of a limit of this instance is used (${service}, ${metric}). ${until}`,
    reduction,
    resetsAt,
    retryAfterSeconds: resetsAt === null ? 3_600 : Math.max(1, Math.ceil((Date.parse(resetsAt) - now) / 1_000)),
  })
}
