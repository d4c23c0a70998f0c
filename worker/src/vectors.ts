import * as z from 'zod'

/** Embeddings as pgvector reads them, and as the cache keeps them. */
export const Vectors = z.array(z.string())

/** The embedding of one text, and the name of that text and of what embedded it. */
export const Embedded = z.object({ key: z.string(), vector: z.string() })
export type Embedded = z.infer<typeof Embedded>

/** What OpenAI's small model gives, and what is asked of any other where the settings say nothing. */
export const defaultDimensions = 1536

/** Parts of a vector of length one become whole numbers of up to this, of which half precision keeps a 2,000th. */
const scale = 16_384

/**
 * A vector as pgvector reads it, in whole numbers: only its direction counts, and they are a third of the digits.
 */
export const written = (vector: number[]): string => `[${vector.map((part) => Math.round(part * scale)).join()}]`

/** Whether a text is a vector as {@link written} writes it, of so many dimensions, that points somewhere. */
export const isWritten = (text: string, dimensions: number): boolean => {
  if (!/^\[-?\d{1,5}(,-?\d{1,5})*\]$/.test(text)) return false
  const parts = text.slice(1, -1).split(',').map(Number)
  return parts.length === dimensions && parts.some((part) => part !== 0)
}

export const isDirection = (vector: number[]): boolean =>
  vector.every(Number.isFinite) && vector.some((part) => Math.abs(part) > 1e-4)
