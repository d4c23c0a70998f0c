/** Longer than this the page is not kept from answering its reader. */
const sliceMs = 8

let waiting = 0
let sliceStart = 0
let last: Promise<unknown> = Promise.resolve()

const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve))

/** Does pieces of work in the order they come, and between them, every few milliseconds, lets the page have its turn. */
export const inSlices = <Result>(work: () => Result): Promise<Result> => {
  if (waiting++ === 0) sliceStart = performance.now()
  const done = last.then(async () => {
    if (performance.now() - sliceStart > sliceMs) {
      await nextTask()
      sliceStart = performance.now()
    }
    return work()
  })
  const over = () => void waiting--
  last = done.then(over, over)
  return done
}
