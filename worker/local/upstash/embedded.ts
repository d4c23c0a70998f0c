import { readFile, rename, writeFile } from 'node:fs/promises'
import { createEngine } from './engine.ts'
import { createKeyspace, type Keyspace } from './keyspace.ts'
import { RedisError, type Cache, type Reply } from './reply.ts'

const saveAfterMs = 500

/** The embedded Redis. Kept in a file when one is given; a crash may lose the last half second, as a cache may. */
export const embeddedCache = async (file: string | null, onScriptCommand: (name: string) => void): Promise<Cache> => {
  const keyspace = createKeyspace()
  const keeper = file === null ? undefined : await keep(keyspace, file)
  const engine = createEngine(keyspace, { onWrite: () => keeper?.changed(), onScriptCommand })

  const attempt = (command: string[]): Reply | RedisError => {
    try {
      return engine.run(command)
    } catch (error) {
      if (error instanceof RedisError) return error
      throw error
    }
  }
  return {
    run: async (command) => engine.run(command),
    transaction: async (commands) => {
      for (const command of commands) engine.check(command)
      return commands.map(attempt)
    },
    close: async () => keeper?.close(),
  }
}

/** Saves the keyspace a little after each burst of writes, and at the end. */
const keep = async (keyspace: Keyspace, file: string) => {
  try {
    keyspace.load(await readFile(file, 'utf8'))
  } catch {
    // No file yet, or a torn one: a cache may start empty.
    keyspace.clear()
  }

  let timer: NodeJS.Timeout | undefined
  let saved: Promise<unknown> = Promise.resolve()
  const save = () => {
    timer = undefined
    saved = saved.then(async () => {
      await writeFile(`${file}.new`, keyspace.dump())
      await rename(`${file}.new`, file)
    })
    return saved
  }
  return {
    changed: () => {
      timer ??= setTimeout(() => void save().catch(console.error), saveAfterMs)
    },
    close: async () => {
      const unsaved = timer !== undefined
      clearTimeout(timer)
      await (unsaved ? save() : saved)
    },
  }
}
