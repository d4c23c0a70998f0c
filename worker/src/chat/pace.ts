/** A frame to the reader is worth waiting this long for; then it leaves with what there is. */
const targetMs = 80
const maxBytes = 12_288
/** A read of nothing but its first event tells no pace. */
const firstBytes = 256

/**
 * How many bytes the next read waits for. What costs is waking up, so a read is made as large as the last one says that
 * events will bring in 80 ms, whole ones only: of a model that takes 50 ms for an event, one and not two. It is at most
 * twice as large as the last, so that a burst does not hold anything back, smaller at once when the model slows down, and
 * one byte at first, so that the first word is shown without delay.
 */
export const createPace = () => {
  let bytes = 1
  return {
    next: () => bytes,
    /** Tells what the last read brought, in how many events, and how long it took. */
    took: (ms: number, brought: number, events: number) => {
      const each = brought / Math.max(1, events)
      const many = ms > 0 ? Math.max(1, Math.floor((targetMs * Math.max(1, events)) / ms)) : Infinity
      // Half an event less, as they are not all of one size.
      const due = Math.min(maxBytes, Math.floor((many - 0.5) * each))
      bytes = Math.max(1, Math.min(due, Math.max(firstBytes, bytes * 2)))
    },
  }
}
