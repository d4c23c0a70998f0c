import { join } from 'node:path'
import { inMemory } from './commands/places.ts'
import { startPlatform } from './platform.ts'

const { PLATFORM_PORT = '8799', PLATFORM_DATA, LOCAL_POSTGRES_URL, LOCAL_REDIS_URL } = process.env

try {
  const platform = await startPlatform({
    port: Number(PLATFORM_PORT),
    dataDir: PLATFORM_DATA === inMemory ? null : (PLATFORM_DATA ?? join(import.meta.dirname, '../../.local')),
    postgresUrl: LOCAL_POSTGRES_URL,
    redisUrl: LOCAL_REDIS_URL,
  })
  const stop = () => void platform.stop().then(() => process.exit(0))
  process.once('SIGINT', stop).once('SIGTERM', stop)
  console.log(`Embedded platform on ${platform.url}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
