import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { TestProject } from 'vitest/node'
import { startPostgres } from '../../db/test/postgres.ts'
import type { Given } from './commands/names.ts'
import { freePort } from './commands/ports.ts'
import { provideStack, startBuilt } from './test-stack.ts'

/** A redis-server of this machine, in memory; nothing where there is none. */
const startRedis = async (): Promise<{ url: string; stop: () => Promise<unknown> } | undefined> => {
  const port = await freePort()
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const stop = async () => {
    redis.kill()
    await once(redis, 'close')
  }
  return (await isReady(redis)) ? { url: `redis://127.0.0.1:${port}`, stop } : undefined
}

const isReady = (redis: ChildProcess) =>
  new Promise<boolean>((resolve) => {
    redis.once('error', () => resolve(false))
    redis.once('exit', () => resolve(false))
    redis.stdout?.on('data', (chunk) => String(chunk).includes('Ready to accept') && resolve(true))
  })

/** The app as it was built, on a real PostgreSQL through the local Hyperdrive and, where there is one, a real Redis. */
export default async (project: TestProject) => {
  const postgres = await startPostgres({ port: await freePort(), binaries: process.env['POSTGRES_BIN'] })
  const redis = await startRedis()
  console.log(
    redis ? `A real Redis at ${redis.url}.` : 'No redis-server on this machine: the cache is the embedded one.',
  )
  const stop = async () => {
    await redis?.stop()
    await postgres.stop()
  }
  try {
    const databaseUrl = await postgres.createDatabase('macro')
    const given: Given = {
      DATABASE_DRIVER: 'hyperdrive',
      NEON_DATABASE_URL: databaseUrl,
      // For tests that look into the tables over Neon's wire.
      LOCAL_POSTGRES_URL: databaseUrl,
      LOCAL_REDIS_URL: redis?.url,
      ALERT_EMAIL_FROM: 'alerts@macro.local',
      ALERT_EMAIL_TO: 'owner@macro.local',
    }
    const app = await startBuilt(given)
    provideStack(project, app.urls, { hasKnowledge: postgres.hasVectors, breaksDatabase: false })
    return async () => {
      await app.stop()
      await stop()
    }
  } catch (error) {
    await stop()
    throw error
  }
}
