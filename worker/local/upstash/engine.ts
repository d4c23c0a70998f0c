import { createHash } from 'node:crypto'
import { integer, type Commands } from './commands/command.ts'
import { hashes } from './commands/hashes.ts'
import { keys, server } from './commands/keys.ts'
import { sets } from './commands/sets.ts'
import { sortedSets } from './commands/sorted.ts'
import { strings } from './commands/strings.ts'
import type { Keyspace } from './keyspace.ts'
import { compile, type Script } from './lua.ts'
import { ok, RedisError, type Reply } from './reply.ts'

const plain: Commands = { ...strings, ...keys, ...hashes, ...sets, ...sortedSets, ...server }

export type Engine = ReturnType<typeof createEngine>

type Hooks = {
  /** A write happened. */
  onWrite: () => void
  /** A script ran this command; Upstash bills those too. */
  onScriptCommand: (name: string) => void
}

/** The commands of Redis that the app, its limiter and its tests use, over one keyspace. */
export const createEngine = (keyspace: Keyspace, { onWrite, onScriptCommand }: Hooks) => {
  const scripts = new Map<string, Script>()

  const runPlain = ([name = '', ...args]: string[]) => {
    const command = plain[name.toUpperCase()]
    if (!command) throw unknown(name, args)
    checkArity(name, args, command.least, command.most)
    const reply = command.run(keyspace, args)
    if (command.writes) onWrite()
    return reply
  }

  const load = (source: string) => {
    const sha = createHash('sha1').update(source, 'latin1').digest('hex')
    const script =
      scripts.get(sha) ??
      compile(source, (command) => {
        onScriptCommand(command[0]?.toUpperCase() ?? '')
        return runPlain(command)
      })
    scripts.set(sha, script)
    return { sha, script }
  }

  const evaluate = (script: Script, [count, ...rest]: string[]) => {
    const keyCount = integer(count)
    if (keyCount < 0) throw new RedisError("ERR Number of keys can't be negative")
    if (keyCount > rest.length) throw new RedisError("ERR Number of keys can't be greater than number of args")
    return script(rest.slice(0, keyCount), rest.slice(keyCount))
  }

  const evalSource = ([source = '', ...rest]: string[]) => evaluate(load(source).script, rest)
  const evalSha = ([sha = '', ...rest]: string[]) => {
    const script = scripts.get(sha.toLowerCase())
    if (!script) throw new RedisError('NOSCRIPT No matching script. Please use EVAL.')
    return evaluate(script, rest)
  }
  const scripting: Record<string, { least: number; most: number; run: (args: string[]) => Reply }> = {
    EVAL: { least: 2, most: -1, run: evalSource },
    EVAL_RO: { least: 2, most: -1, run: evalSource },
    EVALSHA: { least: 2, most: -1, run: evalSha },
    EVALSHA_RO: { least: 2, most: -1, run: evalSha },
    SCRIPT: {
      least: 1,
      most: -1,
      run: ([action = '', ...args]) => {
        switch (action.toUpperCase()) {
          case 'LOAD':
            return load(args[0] ?? '').sha
          case 'EXISTS':
            return args.map((sha) => Number(scripts.has(sha.toLowerCase())))
          case 'FLUSH':
            scripts.clear()
            return ok
          default:
            throw new RedisError(`ERR unknown subcommand '${action}'. Try SCRIPT HELP.`)
        }
      },
    },
  }

  return {
    /** Throws what would spoil a transaction before it runs. */
    check: ([name = '', ...args]: string[]) => {
      const command = plain[name.toUpperCase()] ?? scripting[name.toUpperCase()]
      if (!command) throw unknown(name, args)
      checkArity(name, args, command.least, command.most)
    },
    run: (command: string[]): Reply => {
      const [name = '', ...args] = command
      const script = scripting[name.toUpperCase()]
      if (!script) return runPlain(command)
      checkArity(name, args, script.least, script.most)
      return script.run(args)
    },
  }
}

const checkArity = (name: string, args: string[], least: number, most: number) => {
  if (args.length < least || (most >= 0 && args.length > most))
    throw new RedisError(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)
}

const unknown = (name: string, args: string[]) =>
  new RedisError(
    `ERR unknown command '${name}', with args beginning with: ${args
      .slice(0, 3)
      .map((arg) => `'${arg.slice(0, 100)}' `)
      .join('')}`,
  )
