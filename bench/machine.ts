import { spread } from './figures.ts'

const loops = 3e7
const mebibyte = 2 ** 20
const taken = 64 * mebibyte
const pageBytes = 4096

const msOf = (work: () => unknown): number => {
  const began = performance.now()
  work()
  return performance.now() - began
}

/** Each step waits for the one before, so that it tells of the clock alone. */
const count = (): number => {
  let last = 1
  for (let step = 0; step < loops; step++) last = (Math.imul(last, 31) + step) | 0
  return last
}

/**
 * What the machine gave while the bench ran. A virtual machine may have a quick clock and still pay dearly for each page
 * of memory that is new to it, which every start, collection of garbage and picture does: times are to be read beside it.
 */
export class Machine {
  #stepNs: number[] = []
  #pageMicros: number[] = []

  look(): void {
    const steps = [1, 2, 3].map(() => (msOf(count) * 1e6) / loops)
    this.#stepNs.push(Math.min(...steps))
    this.#pageMicros.push((msOf(() => Buffer.alloc(taken, 1)) * 1000) / (taken / pageBytes))
  }

  given(): string {
    const [step, page] = [spread(this.#stepNs), spread(this.#pageMicros)]
    return `a step of a loop took ${step} ns, a new page of memory ${page} µs`
  }
}
