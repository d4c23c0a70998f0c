import { targets, type Target } from './faults.ts'

export type Counters = ReturnType<typeof createCounters>

type Tally = { calls: number; operations: Map<string, number> }

/** Calls made to each target, and what they asked for: tests hold the number of round trips with it. */
export const createCounters = () => {
  const tallies = new Map<Target, Tally>()
  const tally = (target: Target) => {
    const found = tallies.get(target) ?? { calls: 0, operations: new Map<string, number>() }
    tallies.set(target, found)
    return found
  }

  return {
    /** One HTTP request, answered or not: a request that a fault hits counts as well. */
    call: (target: Target) => void tally(target).calls++,
    /** One statement, Redis command or API operation inside a request. */
    operation: (target: Target, name: string) => {
      const { operations } = tally(target)
      operations.set(name, (operations.get(name) ?? 0) + 1)
    },
    clear: () => tallies.clear(),
    report: () => ({
      ...Object.fromEntries(targets.map((target) => [target, tally(target).calls])),
      detail: Object.fromEntries(targets.map((target) => [target, detail(target, tally(target).operations)])),
    }),
  }
}

const unit = { database: 'statements', cache: 'commands', identity: 'total', model: 'total' }

const detail = (target: Target, operations: Map<string, number>) => ({
  [unit[target]]: [...operations.values()].reduce((sum, count) => sum + count, 0),
  operations: Object.fromEntries(operations),
})
