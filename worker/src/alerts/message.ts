import type { Board, Limit } from '@macro-ai/shared'

export type Warning = { limit: Limit; kind: 'actual' | 'forecast'; threshold: number }
/** What the owner is told. docs/runbook.md has a row for each title. */
export type Message = { title: `Macro AI: ${string}`; lines: string[]; stopUrl: string | null }

const percent = (share: number) => `${Math.round(share * 100)} %`
const day = (time: string | null) => (time === null ? '' : ` It runs out on ${time.slice(0, 10)}.`)

const warningLine = ({ limit, kind, threshold }: Warning): string => {
  const what = `${limit.service}, ${limit.metric}`
  return kind === 'actual'
    ? `${what}: ${percent(limit.share)} used (warned at ${percent(threshold)}). Past it: ${limit.then}`
    : `${what}: as things go ${percent(limit.forecastShare)} by the end of the ${limit.period === 'day' ? 'day' : 'month'}.${day(limit.runsOutAt)} Past it: ${limit.then}`
}

export const warningMessage = (warnings: Warning[], stopUrl: string | null): Message => {
  const bills = warnings.some(({ limit }) => limit.past === 'bills')
  const worst = Math.max(...warnings.map(({ threshold }) => threshold))
  const [first] = warnings
  const of =
    warnings.length === 1 && first ? `${first.limit.service}, ${first.limit.metric}` : `${warnings.length} limits`
  return {
    title: `Macro AI: ${percent(worst)} of ${of}${bills ? ' (past it there is a bill)' : ''}`,
    lines: warnings.map(warningLine),
    stopUrl,
  }
}

const digestRows = 8

/** The week in a few lines: the fullest limits, and what the advisor says. */
export const digestMessage = ({ items, stage, ladder }: Board): Message => ({
  title: 'Macro AI: the week',
  lines: [
    ...items
      .filter(({ period }) => period !== 'request')
      .slice(0, digestRows)
      .map(
        ({ service, metric, share, forecastShare }) =>
          `${service}, ${metric}: ${percent(share)}, forecast ${percent(forecastShare)}`,
      ),
    `Stage ${stage.stage}, ${stage.name}: ${stage.why.join('; ')}`,
    ...(ladder.reason ? [ladder.reason] : []),
  ],
  stopUrl: null,
})

export const plainText = ({ lines, stopUrl }: Message): string =>
  [...lines, ...(stopUrl ? ['', `Stop all spending: ${stopUrl}`] : [])].join('\n')
