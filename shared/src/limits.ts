/** Bounds that a browser needs to know too, without the schemas that hold them. */
export const maxFileBytes = 10_000_000
/** How many passages one request may bring: as many as are embedded in one call. */
export const maxChunksAtOnce = 16
export const maxMemories = 100
/** Short enough that all of somebody's together stay a small part of a prompt. */
export const maxMemoryLength = 300
export const maxCollections = 100
/** The share of what may be kept from which on people are asked to let something go. */
export const nearlyFull = 0.8
