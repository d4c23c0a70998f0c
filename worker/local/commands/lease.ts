import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endRun, processes } from './processes.ts'
import { Trouble } from './trouble.ts'

/** The file in the folder that names the `pnpm dev` it belongs to. */
export const leaseName = 'dev.json'

type Holder = { run: string; pid: number; began: string }

export type Lease = { run: string; leftovers: number; giveBack: () => void }

/**
 * Makes this process the one `pnpm dev` of the folder. What an earlier one left behind when it was killed hard is ended
 * first; nothing else ever is, because leftovers are known by the run's random name in their environment.
 */
export const takeLease = async (folder: string): Promise<Lease> => {
  const file = join(folder, leaseName)
  const earlier = read(file)
  const all = processes()
  if (earlier && all.some(({ pid, began }) => pid === earlier.pid && began === earlier.began))
    throw new Trouble(
      `pnpm dev is already running here (process ${earlier.pid}). Use that one, or end it with: kill ${earlier.pid}`,
    )
  const leftovers = earlier ? await endRun(earlier.run) : 0

  const run = randomUUID()
  const began = all.find(({ pid }) => pid === process.pid)?.began ?? ''
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, JSON.stringify({ run, pid: process.pid, began } satisfies Holder))
  return { run, leftovers, giveBack: () => rmSync(file, { force: true }) }
}

const read = (file: string): Holder | undefined => {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder> | null
    return value?.run && value.pid && value.began ? (value as Holder) : undefined
  } catch {
    return undefined
  }
}
