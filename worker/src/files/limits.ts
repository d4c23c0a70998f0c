/** What is sent to a model of the files of a conversation: the newest of them, and no more of each than this. */
export const files = {
  most: 10,
  maxTextBytes: 64_000,
  maxPictureBytes: 4_000_000,
  /** Of all pictures of a turn: they go through the memory of one object. */
  maxPicturesBytes: 8_000_000,
  /** Bound on the tokens of a file's name and what stands around it. */
  tokensAround: 700,
} as const
