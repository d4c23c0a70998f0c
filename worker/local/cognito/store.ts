import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JWK } from 'jose'

export type SigningKey = { kid: string; privateJwk: JWK }

/** Times are milliseconds since the epoch throughout this file. */
export type User = {
  sub: string
  email: string
  name: string
  confirmed: boolean
  enabled: boolean
  password: string
  groups: string[]
  createdAt: number
  updatedAt: number
  /** Until when a code that was sent may be used; null when none is outstanding. */
  confirmationCodeExpiresAt: number | null
  resetCodeExpiresAt: number | null
  totp: { pendingSecret: string | null; secret: string | null; enabled: boolean; lastStep: number }
}

/** One sign-in and every refresh token that descends from it; its id is the tokens' `origin_jti`. */
export type Session = {
  id: string
  sub: string
  authTime: number
  expiresAt: number
  revoked: boolean
  refreshTokens: { hash: string; usedAt: number | null }[]
}

/** A sign-in whose password was right and whose second factor is still owed. */
export type Challenge = { hash: string; sub: string; expiresAt: number }

export type Failures = { key: string; count: number; lastAt: number }

export type State = {
  keys: SigningKey[]
  users: User[]
  sessions: Session[]
  challenges: Challenge[]
  failures: Failures[]
}

export type Store = {
  state: State
  isNew: boolean
  /** Runs one piece of work at a time, and answers only once what it changed is on disk. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>
}

const read = async (file: string): Promise<State | null> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as State
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw new Error(`${file} cannot be read; delete it to start with an empty user pool`, { cause: error })
  }
}

/** `dataDir` null keeps everything in memory. */
export const openStore = async (dataDir: string | null): Promise<Store> => {
  const file = dataDir === null ? null : join(dataDir, 'cognito.json')
  if (dataDir !== null) await mkdir(dataDir, { recursive: true })
  const saved = file === null ? null : await read(file)
  const state = saved ?? { keys: [], users: [], sessions: [], challenges: [], failures: [] }
  let written = saved === null ? '' : JSON.stringify(saved)

  const save = async () => {
    if (file === null) return
    const text = JSON.stringify(state)
    if (text === written) return
    // A rename is atomic: a process killed at any moment leaves the old file or the new one, never half of one.
    await writeFile(`${file}.tmp`, text, { mode: 0o600 })
    await rename(`${file}.tmp`, file)
    written = text
  }

  let last: Promise<unknown> = Promise.resolve()
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    // Refused work is saved as well: failed attempts must count even when the process dies.
    const run = last.then(() => work().finally(save))
    last = run.catch(() => undefined)
    return run
  }
  return { state, isNew: saved === null, exclusively }
}
