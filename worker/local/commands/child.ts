import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from './places.ts'
import { runVariable, send } from './processes.ts'
import { Trouble, troubleIn } from './trouble.ts'

export type Child = {
  name: string
  /** Rejects with the reason when it ends before `stop` was called. */
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

/** Gets every line it prints; `wrong` when it came on stderr, where warnings and errors go. */
export type Hear = (line: string, wrong: boolean) => unknown

const linesKept = 12
const politeMs = 5_000

/** Starts a program in a process group of its own, so that Ctrl-C reaches it through us alone and `stop` all of it. */
export const startChild = (program: Program, run: string, hear: Hear): Child => {
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
  const listen = (stream: Readable, wrong: boolean) =>
    createInterface(stream).on('line', (line) => {
      if (line.trim() === '') return
      said.push(line)
      if (said.length > linesKept) said.shift()
      hear(line, wrong)
    })
  listen(child.stdout, false)
  listen(child.stderr, true)

  let stopping = false
  const closed = once(child, 'close')
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>
  const died = exited.then(async ([code, signal]) => {
    // For its last words. What it started may hold on to its output for ever.
    await Promise.race([closed, pause(300)])
    if (stopping) return new Promise<never>(() => {})
    const why =
      troubleIn(said.join('\n')) ??
      (signal ? `It was ended by ${signal}.` : `Its code is ${code}; what it said, if anything, is above.`)
    throw new Trouble(`${name} ended by itself. ${why}`)
  })
  // Whoever waits for it hears of it; nobody may be waiting yet.
  died.catch(() => undefined)

  const stop = async () => {
    stopping = true
    send(-pid, 'SIGTERM')
    const impatient = setTimeout(() => send(-pid, 'SIGKILL'), politeMs)
    await exited
    clearTimeout(impatient)
    // What it started may outlive it.
    send(-pid, 'SIGKILL')
  }
  return { name, died, stop }
}
