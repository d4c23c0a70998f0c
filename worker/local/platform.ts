import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { cognito } from './cognito/index.ts'
import { control } from './control.ts'
import { createCounters } from './counters.ts'
import { createFaults, type Target } from './faults.ts'
import { faulty } from './faulty.ts'
import { takeFolder } from './folder.ts'
import { model } from './model/index.ts'
import { embeddedDatabase, realDatabase } from './neon/database.ts'
import { neon } from './neon/index.ts'
import { openCache, upstash } from './upstash/index.ts'

export type PlatformOptions = {
  /** 0 takes any free port. */
  port: number
  host?: string
  /** Where data is kept between starts; null keeps all of it in memory. */
  dataDir: string | null
  /** A real Postgres with pgvector, and a real Redis, in place of the embedded ones. */
  postgresUrl?: string
  redisUrl?: string
  cacheToken?: string
  poolId?: string
  clientId?: string
  /** Makes the demo administrator when the user pool is new; true when absent. */
  demo?: boolean
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>

/** Everything the app needs from the outside, on one local address. `stop` frees the port and lets the process end. */
export const startPlatform = async (options: PlatformOptions) => {
  const {
    host = '127.0.0.1',
    dataDir,
    cacheToken = 'local-token',
    poolId = 'local_macro',
    clientId = 'local-web',
  } = options
  // Stopped in reverse, also when the start itself fails half-way.
  const closing: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close()
  }

  try {
    const folder = dataDir === null ? undefined : await takeFolder(dataDir)
    if (folder) closing.push(folder.leave)

    // The port comes first: the token issuer's name depends on it.
    let app = starting()
    const server = createAdaptorServer({
      fetch: (request, env) => app.fetch(request, env),
      overrideGlobalObjects: false,
    }) as Server
    server.keepAliveTimeout = keepAliveMs
    const port = await listen(server, options.port, host)
    closing.push(() => shut(server))
    const url = `http://${host}:${port}`
    const issuer = `${url}/cognito/${poolId}`

    const database = options.postgresUrl
      ? realDatabase(options.postgresUrl)
      : await embeddedDatabase(dataDir === null ? undefined : join(dataDir, 'postgres'))
    closing.push(database.close)
    const faults = createFaults()
    const counters = createCounters()
    const cache = await openCache(
      { file: dataDir === null ? null : join(dataDir, 'cache.json'), redisUrl: options.redisUrl },
      (command) => counters.operation('cache', command),
    )
    closing.push(cache.close)

    // `asked` leaves out what a stand-in adds for tests alone, such as the model's log of requests.
    const standIns: { target: Target; at: string; asked: string; app: Hono }[] = [
      { target: 'database', at: '/sql', asked: '/sql', app: neon(database) },
      { target: 'cache', at: '/upstash', asked: '/upstash/*', app: upstash(cache, cacheToken) },
      {
        target: 'identity',
        at: '/cognito',
        asked: '/cognito/*',
        app: await cognito({ dataDir, issuer, poolId, clientId, demo: options.demo ?? true }),
      },
      { target: 'model', at: '/openai', asked: '/openai/v1/*', app: model({ faults }) },
    ]
    const ready = new Hono({ strict: false }).route('/', control(faults, counters))
    for (const standIn of standIns)
      ready.use(standIn.asked, faulty(standIn.target, faults, counters)).route(standIn.at, standIn.app)
    app = ready

    return {
      url,
      database: { url: 'postgresql://local:local@localhost/macro', endpoint: `${url}/sql` },
      cache: { url: `${url}/upstash`, token: cacheToken },
      identity: { url: `${url}/cognito`, issuer, jwksUri: `${issuer}/.well-known/jwks.json`, poolId, clientId },
      model: { url: `${url}/openai/v1` },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Longer than any client of ours keeps an idle connection: none sends a request into one that is closed in that moment. */
const keepAliveMs = 65_000

const starting = () =>
  new Hono({ strict: false }).all('*', (c) => c.json({ error: 'starting' }, 503, { 'retry-after': '1' }))

const listen = async (server: Server, port: number, host: string) => {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const busy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    throw new Error(busy ? `Port ${port} is busy; choose another with PLATFORM_PORT` : (error as Error).message, {
      cause: error,
    })
  }
  return (server.address() as AddressInfo).port
}

/** Ends at once, whatever still hangs. */
const shut = async (server: Server) => {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
