import * as z from 'zod'

/** Embeddings as pgvector reads them, and as the cache keeps them. */
export const Vectors = z.array(z.string())

/** Every model is asked for so many: the column has no other, and one that gives others is refused. */
export const dimensions = 1536

/**
 * A vector as pgvector reads it, in whole numbers: only its direction counts, half precision holds these exactly, and
 * they are a third of the digits.
 */
export const written = (vector: number[]): string => `[${vector.map((part) => Math.round(part * 16_384)).join()}]`

export const isDirection = (vector: number[]): boolean =>
  vector.every(Number.isFinite) && vector.some((part) => Math.abs(part) > 1e-4)
