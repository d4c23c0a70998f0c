import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { root } from './places.ts'
import { runVariable, send } from './processes.ts'
import { Trouble, troubleIn } from './trouble.ts'

export type Child = {
  name: string
  /** Rejects with what it said last when it ends before `stop` was called. */
  died: Promise<never>
  stop: () => Promise<void>
}

export type Program = {
  name: string
  /** A script for our own Node, and its arguments. */
  script: string
  args?: string[]
  cwd?: string
  environment?: NodeJS.Dict<string>
}

const linesKept = 12
const politeMs = 5_000

/** Starts a program in a process group of its own, so that Ctrl-C reaches it through us alone and `stop` all of it. */
export const startChild = (program: Program, run: string, print: (line: string) => void): Child => {
  const { name, script, args = [], cwd = root, environment } = program
  const child = spawn(process.execPath, [script, ...args], {
    cwd,
    env: { ...process.env, ...environment, [runVariable]: run },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Trouble(`${name} could not be started: ${process.execPath} ${script}`)

  const said: string[] = []
  const listen = (stream: Readable) =>
    createInterface(stream).on('line', (line) => {
      if (line.trim() === '') return
      said.push(line)
      if (said.length > linesKept) said.shift()
      print(`${name} │ ${line}`)
    })
  listen(child.stdout)
  listen(child.stderr)

  let stopping = false
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const died = closed.then(([code, signal]) => {
    if (stopping) return new Promise<never>(() => {})
    const why = troubleIn(said.join('\n')) ?? (signal ? `It was ended by ${signal}.` : `It gave the code ${code}.`)
    const last = said.length > 0 ? `\nIt last said:\n${said.map((line) => `  ${line}`).join('\n')}` : ''
    throw new Trouble(`${name} ended by itself. ${why}${last}`)
  })
  // Whoever waits for it hears of it; nobody may be waiting yet.
  died.catch(() => undefined)

  const stop = async () => {
    stopping = true
    send(-pid, 'SIGTERM')
    const impatient = setTimeout(() => send(-pid, 'SIGKILL'), politeMs)
    await closed
    clearTimeout(impatient)
    // What it started may outlive it.
    send(-pid, 'SIGKILL')
  }
  return { name, died, stop }
}
