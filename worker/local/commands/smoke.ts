import { join } from 'node:path'
import { smoke } from './deploy/smoke.ts'
import { readGiven } from './env-file.ts'
import { root } from './places.ts'
import { Trouble } from './trouble.ts'

/** Tries what is live, waking no database. Meant for a schedule: quiet unless something is wrong. */
export const run = async (): Promise<number> => {
  const { API_URL, SITE_URL } = readGiven(join(root, '.env.production'), process.env).given
  if (!API_URL) throw new Trouble('API_URL is not set: say where the API answers.')
  await smoke({ api: API_URL, site: SITE_URL })
  console.log(`${API_URL} answers as it should.`)
  return 0
}
