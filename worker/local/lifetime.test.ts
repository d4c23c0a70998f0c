import { neon, neonConfig } from '@neondatabase/serverless'
import { Redis } from '@upstash/redis'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startPlatform } from './platform.ts'

let folder: string
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platform-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** The platform as `pnpm platform` starts it. */
const start = (env: Record<string, string>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env['PATH'], PLATFORM_PORT: '0', PLATFORM_DATA: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  return child
}
const startedUrl = async (child: ChildProcess) => {
  if (!child.stdout) throw new Error('no output to read')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return line.replace('Embedded platform on ', '')
}
const refusal = async (child: ChildProcess) => {
  let said = ''
  child.stderr?.on('data', (chunk) => (said += String(chunk)))
  const [code] = (await once(child, 'close')) as [number]
  return { code, said }
}
const database = (url: string) => {
  neonConfig.fetchEndpoint = `${url}/sql`
  return neon('postgresql://local:local@localhost/macro')
}

test('data outlives a stop, and a kill -9', async () => {
  const first = await startPlatform({ port: 0, dataDir: folder })
  const sql = database(first.url)
  await sql`CREATE TABLE kept (what text)`
  await sql`INSERT INTO kept VALUES ('before the stop')`
  const redis = new Redis({ ...first.cache, enableTelemetry: false })
  await redis
    .pipeline()
    .set('k', { kept: 'é' }, { ex: 1_000 })
    .hset('h', { a: 1 })
    .sadd('s', 'x')
    .zadd('z', { score: 1.5, member: 'm' })
    .exec()
  const keys = await (await fetch(first.identity.jwksUri)).text()
  await first.stop()

  const doomed = start({})
  const url = await startedUrl(doomed)
  const again = database(url)
  const redisAgain = new Redis({ ...first.cache, url: `${url}/upstash`, enableTelemetry: false })
  expect(await redisAgain.get('k')).toEqual({ kept: 'é' })
  expect(await redisAgain.ttl('k')).toBeGreaterThan(900)
  expect(await redisAgain.pipeline().hgetall('h').smembers('s').zscore('z', 'm').exec()).toEqual([{ a: 1 }, ['x'], 1.5])
  expect(await (await fetch(`${url}/cognito/local_macro/.well-known/jwks.json`)).text()).toBe(keys)
  await again`INSERT INTO kept VALUES ('before the kill')`
  doomed.kill('SIGKILL')
  await once(doomed, 'close')

  const last = start({})
  const afterKill = database(await startedUrl(last))
  expect(await afterKill`SELECT what FROM kept`).toEqual([{ what: 'before the stop' }, { what: 'before the kill' }])
  await afterKill`INSERT INTO kept VALUES ('and writes still work')`

  const second = await refusal(start({}))
  expect(second.code).toBe(1)
  expect(second.said.trim()).toMatch(/^The data folder .* cannot be used: process \d+ is using it$/)

  last.kill('SIGTERM')
  expect(await once(last, 'close')).toEqual([0, null])
})

test('stopping frees the port at once, whatever still hangs', async () => {
  const options = { dataDir: null, postgresUrl: 'postgresql://unused@localhost/unused' }
  const platform = await startPlatform({ port: 0, ...options })
  await fetch(`${platform.url}/faults`, { method: 'POST', body: '{"target":"model","kind":"hang"}' })
  const hanging = expect(fetch(`${platform.model.url}/models`)).rejects.toThrow()
  await expect.poll(async () => (await fetch(`${platform.url}/counters`)).text()).toContain('"model":1')
  await platform.stop()
  await hanging
  const next = await startPlatform({ port: Number(new URL(platform.url).port), ...options })
  await next.stop()
})

test('a busy port is one clear line', async () => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  const { port } = holder.address() as { port: number }
  expect(await refusal(start({ PLATFORM_PORT: String(port), PLATFORM_DATA: join(folder, 'other') }))).toEqual({
    code: 1,
    said: `Port ${port} is busy; choose another with PLATFORM_PORT\n`,
  })
  holder.close()
})

test('an unusable data folder is one clear line', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, '')
  const { code, said } = await refusal(start({ PLATFORM_DATA: join(file, 'below') }))
  expect(code).toBe(1)
  expect(said.trim()).toMatch(/^The data folder .* cannot be used: ENOTDIR.*$/)
})
