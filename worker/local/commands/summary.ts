import { dataFolder } from './places.ts'
import type { Settings } from './settings.ts'

/** The table that ends a start. */
export const summary = (
  { urls, parts, needsPlatform, read }: Settings,
  startMs: number,
  knowledge: boolean,
): string => {
  const dollars = `$${(read.INSTANCE_MONTH_CAP_MICROS / 1e6).toFixed(2)}`
  const rows: [name: string, value: string][] = [
    ['Chat', urls.site],
    ['API', `${urls.api}   reference: ${urls.api}/docs`],
    ...row(needsPlatform, 'Control', `${urls.platform}   faults and counters for tests`),
    ...row(parts.identity.embedded, 'Demo account', 'demo@macro.local / Demo-passw0rd'),
    ['Model', parts.model.is],
    ['Spending stops at', `${dollars} a month${parts.model.embedded ? ', in pretend money' : ''}`],
    ['Database', parts.database.is + (knowledge ? '' : ', without pgvector: documents and memories are off')],
    ['Cache', parts.cache.is],
    ['Sign-in', parts.identity.is],
    ['Data', `${dataFolder}   start over: pnpm dev --fresh`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  return [
    '',
    `  Macro AI is ready after ${(startMs / 1000).toFixed(1)} s`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}   ${value}`),
    '',
    '  Ctrl-C stops it all.',
    '',
  ].join('\n')
}

const row = (shown: boolean, name: string, value: string): [string, string][] => (shown ? [[name, value]] : [])
