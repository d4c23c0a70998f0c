import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Secrets = { sessionKeys: string; siteSecret: string }

/** The keys of this data folder, made when they are first asked for. */
export const keptSecrets = (folder: string): Secrets => {
  mkdirSync(folder, { recursive: true })
  return { sessionKeys: kept(join(folder, 'session-keys')), siteSecret: kept(join(folder, 'site-secret')) }
}

const kept = (file: string): string => {
  try {
    const text = readFileSync(file, 'utf8').trim()
    if (text) return text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const made = randomBytes(32).toString('base64url')
  writeFileSync(file, made, { mode: 0o600 })
  return made
}
