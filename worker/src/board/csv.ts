import type { SpendingReport } from '@macro-ai/shared'

/** A cell that a spreadsheet takes for text, whatever it begins with: a name may be `=HYPERLINK(…)`. */
export const cell = (value: string | number | null): string => {
  const text = String(value ?? '')
  const tame = typeof value === 'string' && /^[\s]*[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame
}

const columns = ['by', 'what', 'costMicros', 'calls', 'inputTokens', 'outputTokens'] as const
const line = (cells: (string | number | null)[]) => cells.map(cell).join(',')

/** The report as CSV (RFC 4180), one row for every day, person, model and purpose. */
export const csvOf = ({ byDay, byUser, byModel, byPurpose }: SpendingReport): string => {
  const rows = [
    ...byDay.map((row) => ({ by: 'day', what: row.day, ...row })),
    ...byUser.map((row) => ({ by: 'user', what: row.email ?? row.userId ?? 'erased', ...row })),
    ...byModel.map((row) => ({ by: 'model', what: row.model, ...row })),
    ...byPurpose.map((row) => ({ by: 'purpose', what: row.purpose, ...row })),
  ]
  return [line([...columns]), ...rows.map((row) => line(columns.map((column) => row[column])))].join('\r\n') + '\r\n'
}
