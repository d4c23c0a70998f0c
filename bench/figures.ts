import { median } from './cpu.ts'

/** What is promised of a figure. */
export type Bound = {
  what: string
  value: number
  /** The most that it should be. */
  atMost: number
  /** It is a time, so it tells of the machine and its day too: printed, but `--check` does not ask for it. */
  isTime?: true
  /** Out of reach, for the reason that docs/figures.md gives: `--check` asks only that it gets no worse than this. */
  outOfReach?: number
}

/** Whether a bound is kept; a figure that is no number keeps none. */
export const isHeld = ({ value, atMost }: Bound): boolean => value <= atMost

/** What `--check` asks for: ratios and counts, and of those that are out of reach that they stay where they are. */
export const passes = (bound: Bound): boolean =>
  bound.isTime === true || bound.value <= Math.max(bound.atMost, bound.outOfReach ?? 0)

/** What a part of the bench found: a table, how it was taken, and what is held. */
export type Part = { title: string; how: string; head: string[]; rows: string[][]; bounds?: Bound[] }

const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b)

/** The value below which so large a share of all lie. */
export const quantile = (values: readonly number[], share: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? NaN

/** The median and, in brackets, the lowest and the highest. */
export const spread = (values: readonly number[], digits = 1): string =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`

/** Figures that are whole and often the same: that one, or where they differ their spread. */
export const wholes = (values: readonly number[]): string =>
  new Set(values).size === 1 ? String(values[0]) : spread(values, 0)

/** What a value grows by for each step of `xs`: the slope of the straight line that fits best. */
export const slope = (xs: readonly number[], ys: readonly number[]): number => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const [x0, y0] = [mean(xs), mean(ys)]
  const over = xs.reduce((sum, x, at) => sum + (x - x0) * ((ys[at] ?? NaN) - y0), 0)
  return over / xs.reduce((sum, x) => sum + (x - x0) ** 2, 0)
}

/** Runs each of them once a round, in turn, so that a busy moment hits all alike. The first round warms up. */
export const interleaved = async <Name extends string, Sample>(
  rounds: number,
  runs: Record<Name, () => Promise<Sample>>,
): Promise<Record<Name, Sample[]>> => {
  const names = Object.keys(runs) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<Name, Sample[]>
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const sample = await runs[name]()
      if (round >= 0) samples[name].push(sample)
    }
  return samples
}

const escaped = (text: string) => text.replaceAll('|', '\\|')

export const markdown = ({ title, how, head, rows, bounds = [] }: Part): string =>
  [
    `## ${title}`,
    '',
    how,
    '',
    ...[head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(escaped).join(' | ')} |`),
    '',
    ...bounds.map(
      (bound) =>
        `- ${isHeld(bound) ? 'held' : '**missed**'}: ${bound.what} ${bound.value.toFixed(2)}, bound ${bound.atMost}` +
        (bound.outOfReach === undefined ? '' : ` ([out of reach](figures.md), checked against ${bound.outOfReach})`),
    ),
    ...(bounds.length > 0 ? [''] : []),
  ].join('\n')
