import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export type Holder = { pid: number; command: string }

/** Who listens on a port, where this machine will tell. */
export const holderOf = (port: number): Holder | undefined => {
  try {
    return process.platform === 'linux' ? fromProc(port) : fromLsof(port)
  } catch {
    return undefined
  }
}

const listening = '0A'

const fromProc = (port: number): Holder | undefined => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((table) => readFileSync(table, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(`:${hex}`) && state === listening)
    .map((fields) => `socket:[${fields[9]}]`)
  const pid = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((name) => openFiles(name).some((file) => inodes.includes(file)))
  return pid
    ? { pid: Number(pid), command: short(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')) }
    : undefined
}

/** Of another person's process nothing can be seen. */
const openFiles = (pid: string): string[] => {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((file) => readlinkSync(`/proc/${pid}/fd/${file}`))
  } catch {
    return []
  }
}

const fromLsof = (port: number): Holder | undefined => {
  const ask = (program: string, args: string[]) =>
    execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  const pid = Number(ask('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN']).split('\n')[0])
  return { pid, command: short(ask('ps', ['-o', 'command=', '-p', String(pid)]).split(/\s+/)) }
}

const short = (words: string[]) => {
  const [program = 'a program', ...rest] = words.filter(Boolean)
  return [program.split('/').at(-1), ...rest].join(' ').slice(0, 60)
}
