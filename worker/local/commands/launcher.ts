import { processes } from './processes.ts'

const checkEveryMs = 1_000
/** npx and pnpm, and the shells that they put between themselves and the script. */
const launcher = /^(\S*\/)?((node \S*)?\b(npm|npx|pnpm)\b|sh -c (trap|'?pnpm|node ))/

/**
 * Calls back when the `npx` or `pnpm` that we were started through is gone. npx does not pass a SIGTERM on: without
 * this, ending it would leave everything running.
 */
export const whenLauncherEnds = (end: () => void): void => {
  const launchers = launcherPids()
  const timer = setInterval(() => {
    if (launchers.every(isAlive)) return
    clearInterval(timer)
    end()
  }, checkEveryMs)
  timer.unref()
}

/** From our parent upwards, as far as they belong to npx and pnpm. The person's own shell is not among them. */
const launcherPids = (): number[] => {
  const all = new Map(processes().map((one) => [one.pid, one]))
  const chain: number[] = []
  let at = all.get(process.ppid)
  while (at && launcher.test(at.command)) {
    chain.push(at.pid)
    at = all.get(at.parent)
  }
  return chain
}

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
