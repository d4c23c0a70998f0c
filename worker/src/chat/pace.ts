/** A frame to the reader is worth waiting this long for; then it leaves with what there is. */
const targetMs = 80
const maxBytes = 12_288
/** A read of nothing but its first event tells no pace. */
const firstBytes = 256

/**
 * How many bytes the next read waits for. What costs is waking up, so a read is made as large as what came in the last one
 * says will come in about 80 ms: at most twice as large as the last, so that a burst does not hold anything back, smaller
 * at once when the model slows down, and one byte at first, so that the first word is shown without delay.
 */
export const createPace = () => {
  let bytes = 1
  return {
    next: () => bytes,
    /** Tells what the last read brought and how long it took. */
    took: (ms: number, brought: number) => {
      const due = ms > 0 ? Math.floor((brought * targetMs) / ms) : maxBytes
      bytes = Math.max(1, Math.min(due, Math.max(firstBytes, bytes * 2), maxBytes))
    },
  }
}
