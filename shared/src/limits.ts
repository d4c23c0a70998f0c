/** Bounds that a browser needs to know too, without the schemas that hold them. */
export const maxFileBytes = 10_000_000
/** How many passages one request may bring: as many as are embedded in one call. */
export const maxChunksAtOnce = 16
export const maxMemories = 100
export const maxCollections = 100
/** The share of what may be kept from which on people are asked to let something go. */
export const nearlyFull = 0.8
