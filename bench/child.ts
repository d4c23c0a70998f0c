import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export type Process = { pid: number; said: RegExpExecArray; tookMs: number; stop: () => Promise<void> }

/** Starts a program and resolves with the first line it prints that `ready` matches. */
export const startProcess = async (
  command: string,
  args: string[],
  ready: RegExp,
  environment: NodeJS.Dict<string> = {},
): Promise<Process> => {
  const started = performance.now()
  const child = spawn(command, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'inherit'] })
  const { pid } = child
  if (pid === undefined) throw new Error(`${command} could not be started`)
  const said = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${command} ${args[0]} ended with ${code}`)))
    createInterface(child.stdout).on('line', (line) => {
      const match = ready.exec(line)
      if (match) resolve(match)
    })
  })
  return {
    pid,
    said,
    tookMs: performance.now() - started,
    stop: async () => {
      const closed = once(child, 'exit')
      child.kill('SIGKILL')
      await closed
    },
  }
}

export const startNode = (script: string, ready: RegExp, args: string[] = [], environment: NodeJS.Dict<string> = {}) =>
  startProcess(process.execPath, [script, ...args], ready, environment)
