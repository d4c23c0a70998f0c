import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startChild } from './child.ts'
import { leaseName, takeLease } from './lease.ts'
import { processes, runVariable } from './processes.ts'

const folder = mkdtempSync(join(tmpdir(), 'macro-ai-'))
const started: ChildProcess[] = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A process that waits, and says so once it does. */
const waiting = async (script: string, environment: Record<string, string> = {}) => {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up'); setInterval(() => {}, 1000)`], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  started.push(child)
  await once(child.stdout, 'data')
  return child
}
const isAlive = (child: ChildProcess) => child.exitCode === null && child.signalCode === null
const beganOf = (pid: number | undefined) => processes().find((found) => found.pid === pid)?.began

test('what a killed pnpm dev left is ended, also when it will not listen, and nothing else is', async () => {
  const run = randomUUID()
  const left = await waiting('', { [runVariable]: run })
  const stubborn = await waiting("process.on('SIGTERM', () => {})", { [runVariable]: run })
  const others = await waiting('', { [runVariable]: randomUUID() })
  const stranger = await waiting('')
  const ended = [left, stubborn].map((child) => once(child, 'exit'))

  const first = await takeLease(folder)
  // The number of the process that was killed now belongs to a stranger.
  writeFileSync(join(folder, leaseName), JSON.stringify({ run, pid: stranger.pid, began: 'long ago' }))
  const lease = await takeLease(folder)
  await Promise.all(ended)
  expect(lease.leftovers).toBe(2)
  expect(lease.run).not.toBe(first.run)
  expect([isAlive(others), isAlive(stranger)]).toEqual([true, true])
})

test('while one pnpm dev runs, another is told so', async () => {
  const holder = await waiting('')
  const record = { run: randomUUID(), pid: holder.pid, began: beganOf(holder.pid) }
  await takeLease(folder)
  writeFileSync(join(folder, leaseName), JSON.stringify(record))
  await expect(takeLease(folder)).rejects.toThrow(`already running here (process ${holder.pid})`)
})

test('a note that was cut off by a full disk or a crash does not stand in the way', async () => {
  await takeLease(folder)
  for (const note of ['', '{"run":', 'null', '[]', '{"run":"a"}']) {
    writeFileSync(join(folder, leaseName), note)
    expect((await takeLease(folder)).leftovers).toBe(0)
  }
})

test('stopping a program ends what it started, though neither listens', async () => {
  const script = join(folder, 'stubborn.mjs')
  await takeLease(folder)
  writeFileSync(
    script,
    `import { spawn } from 'node:child_process'
     const deaf = "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"
     spawn(process.execPath, ['-e', deaf], { stdio: 'inherit' })
     process.on('SIGTERM', () => {})`,
  )
  const run = randomUUID()
  const up = Promise.withResolvers<void>()
  const child = startChild({ name: 'stubborn', script }, run, () => up.resolve())
  await up.promise
  expect(processes().filter((found) => found.run === run)).toHaveLength(2)
  await child.stop()
  await expect.poll(() => processes().filter((found) => found.run === run)).toEqual([])
})

test('a program that ends by itself is told with its reason', async () => {
  await takeLease(folder)
  const script = join(folder, 'full.mjs')
  writeFileSync(script, `console.error('write failed: ENOSPC'); process.exitCode = 3`)
  await expect(startChild({ name: 'full', script }, randomUUID(), () => {}).died).rejects.toThrow(
    'full ended by itself. The disk is full.',
  )
})
