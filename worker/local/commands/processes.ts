import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

export type Process = {
  pid: number
  parent: number
  /** When it began, in this machine's own terms: with the pid it names one process for good. */
  began: string
  command: string
  /** The `pnpm dev` that started it, directly or through others. */
  run: string | undefined
}

/** Set in the environment of all that one `pnpm dev` starts, so that its leftovers can be told from anything else. */
export const runVariable = 'MACRO_AI_RUN'
const runPattern = new RegExp(`(?:^|[\\0\\s])${runVariable}=([\\w-]+)`)

/** The processes this user can see. */
export const processes = (): Process[] => (process.platform === 'linux' ? fromProc() : fromPs())

const fromProc = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
        // The program's name, in brackets, may itself hold spaces and brackets.
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        const [state, parent] = fields
        if (state === 'Z') return []
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        const run = runPattern.exec(environmentOf(pid))?.[1]
        return [{ pid: Number(pid), parent: Number(parent), began: fields[19] ?? '', command, run }]
      } catch {
        // It ended while we looked.
        return []
      }
    })

const environmentOf = (pid: string) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

const fromPs = (): Process[] =>
  execFileSync('ps', ['-AEww', '-o', 'pid=,ppid=,lstart=,command='], { encoding: 'utf8', maxBuffer: 64 << 20 })
    .split('\n')
    .flatMap((line) => {
      const [, pid, parent, began = '', command = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? []
      return pid
        ? [{ pid: Number(pid), parent: Number(parent), began, command, run: runPattern.exec(command)?.[1] }]
        : []
    })

/** Ends what a `pnpm dev` left running: politely first, and for good after three seconds. Gives how many there were. */
export const endRun = async (run: string): Promise<number> => {
  const left = () => processes().filter((found) => found.run === run && found.pid !== process.pid)
  const count = left().length
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const { pid } of left()) send(pid, signal)
    for (let tries = 0; tries < 30 && left().length > 0; tries++) await pause(100)
  }
  return count
}

/** It may have ended since it was seen. */
export const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
