import { Problem } from '../problem.ts'

export type ModelFailureKind = 'bad_key' | 'no_credit' | 'rate_limited' | 'refused' | 'lost' | 'down' | 'endless'

/** Why a model gave no answer, as far as it can be told. */
export class ModelFailure extends Error {
  readonly kind: ModelFailureKind
  readonly retryAfterSeconds: number | undefined

  constructor(kind: ModelFailureKind, message: string, retryAfterSeconds?: number, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
    this.retryAfterSeconds = retryAfterSeconds
  }
}

const sentences = {
  bad_key: 'The model provider refused this app’s key. Only its owner can put that right.',
  no_credit: 'The model provider says there is no credit left. Only its owner can put that right.',
  rate_limited: 'The model is busy.',
  refused: 'The model did not accept this request.',
  lost: 'The model is not answering.',
  down: 'The model is not answering.',
  endless: 'This answer took longer than any may, and was cut off here.',
} as const

/** Why a model gave no answer, as it is told to a person. */
export const failed = (error: unknown): Problem => {
  const { kind, retryAfterSeconds } =
    error instanceof ModelFailure ? error : ({ kind: 'down', retryAfterSeconds: undefined } as const)
  return new Problem('upstream_failed', { detail: sentences[kind], retryAfterSeconds }, { cause: error })
}
