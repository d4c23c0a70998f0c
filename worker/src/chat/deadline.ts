/** Something took longer than it may. */
class TooLate extends Error {}

/**
 * A deadline that can be put off. It is one timer however often that happens: in workerd a new one for every read of a
 * stream costs more than the read.
 */
export const openDeadline = (now: () => number, firstMs: number) => {
  const late = new AbortController()
  let due = now() + firstMs
  let timer: ReturnType<typeof setTimeout>
  let rings = 0
  const wait = () => {
    rings = due
    timer = setTimeout(() => (now() < due ? wait() : late.abort(new TooLate())), due - now())
  }
  wait()
  return {
    signal: late.signal,
    /** From now on there are so many milliseconds again. */
    putOff: (ms: number) => {
      due = now() + ms
      if (due >= rings) return
      clearTimeout(timer)
      wait()
    },
    clear: () => clearTimeout(timer),
  }
}
