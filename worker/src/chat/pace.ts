/** A frame to the reader is worth waiting this long for; then it leaves with what there is. */
const targetMs = 60
const tooLongMs = 90
const maxBytes = 4_096

/**
 * How many bytes the next read waits for. What costs is waking up, so reads are made larger while they come quickly and
 * smaller at once when the model slows down: about one read every 60 ms at any pace, the first token without delay.
 */
export const createPace = () => {
  let bytes = 1
  return {
    next: () => bytes,
    /** Tells how long the last read took. */
    took: (ms: number) => {
      if (ms > tooLongMs) bytes = Math.max(1, Math.floor((bytes * targetMs) / ms))
      else if (ms < targetMs) bytes = Math.min(maxBytes, Math.max(256, bytes * 2))
    },
  }
}
