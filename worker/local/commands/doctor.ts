import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { examine, worstMonthMicros } from './doctor/examine.ts'
import { root } from './places.ts'
import { loadSettings } from './settings.ts'
import { table } from './table.ts'

const marks = { ok: 'ok', look: 'LOOK', danger: 'DANGER' }

/** `pnpm run doctor`: looks at what the settings name, prints what it found, and fails when there is a danger. */
export const run = async (): Promise<number> => {
  const { worker, warnings } = loadSettings()
  for (const warning of warnings) console.warn(warning)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const wrangler = readFileSync(join(root, 'wrangler.toml'), 'utf8')
  const findings = await examine({ variables: worker, wrangler, version, now: Date.now() })
  console.log(
    table([['What', 'Is', ''], ...findings.map(({ what, verdict, detail }) => [what, marks[verdict], detail])]),
  )
  const worst = worstMonthMicros(worker)
  if (worst !== undefined)
    console.log(
      `\n  Worst bill of a month: $${(worst / 1e6).toFixed(2)} for the model, which is your cap. Every free tier in use stops instead of billing.`,
    )
  const dangers = findings.filter(({ verdict }) => verdict === 'danger')
  console.log(
    dangers.length === 0
      ? '\n  No danger.'
      : `\n  ${dangers.length} in danger: ${dangers.map(({ what }) => what).join(', ')}.`,
  )
  return dangers.length === 0 ? 0 : 1
}
