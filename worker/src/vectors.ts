import * as z from 'zod'

/** Embeddings as pgvector reads them, and as the cache keeps them. */
export const Vectors = z.array(z.string())
