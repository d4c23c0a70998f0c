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
