import { existsSync } from 'node:fs'
import { buildSite, chatPageBytes, gzipBytes, siteOutput, workerBundle } from '../../worker/local/commands/bundles.ts'
import type { Part } from '../figures.ts'

/** The original Macro AI's page, measured before: docs/figures.md. */
const originalPage = 251_000

export const sizes = async (): Promise<Part> => {
  if (!existsSync(siteOutput)) await buildSite()
  const [worker, page] = [gzipBytes(workerBundle), chatPageBytes()]
  const kilobytes = (bytes: number) => (bytes / 1000).toFixed(1)
  return {
    title: 'Sizes',
    how: 'What would be deployed, gzip level 9.',
    head: ['what', 'kB', 'bound'],
    rows: [
      ['Worker', kilobytes(worker), '300'],
      ['JavaScript before the chat page works', kilobytes(page), '75'],
    ],
    bounds: [
      { what: 'Worker, kB', value: worker / 1000, atMost: 300 },
      { what: 'chat page’s JavaScript, kB', value: page / 1000, atMost: 75 },
      { what: 'chat page’s JavaScript / the original’s', value: page / originalPage, atMost: 0.3 },
    ],
  }
}
