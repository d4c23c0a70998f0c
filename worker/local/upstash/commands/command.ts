import type { Keyspace } from '../keyspace.ts'
import { RedisError, type Reply } from '../reply.ts'

/** `most` counts the arguments after the name; -1 is any number. */
export type Command = {
  least: number
  most: number
  writes: boolean
  run: (keyspace: Keyspace, args: string[]) => Reply
}
export type Commands = Record<string, Command>

type Run = (keyspace: Keyspace, key: string, ...args: string[]) => Reply

/** Commands of a fixed or least number of arguments, by whether they change anything. */
export const reads = (least: number, most: number, run: Run): Command => make(least, most, false, run)
export const writes = (least: number, most: number, run: Run): Command => make(least, most, true, run)

const make = (least: number, most: number, isWrite: boolean, run: Run): Command => ({
  least,
  most,
  writes: isWrite,
  run: (keyspace, [key = '', ...args]) => run(keyspace, key, ...args),
})

export const any = -1

export const syntaxError = () => new RedisError('ERR syntax error')

export const integer = (text: string | undefined) => {
  const value = /^-?\d+$/.test(text ?? '') ? Number(text) : NaN
  if (!Number.isSafeInteger(value)) throw new RedisError('ERR value is not an integer or out of range')
  return value
}

export const float = (text: string | undefined) => {
  const value = /^[+-]?inf(inity)?$/i.test(text ?? '')
    ? text?.startsWith('-')
      ? -Infinity
      : Infinity
    : Number(text || NaN)
  if (Number.isNaN(value)) throw new RedisError('ERR value is not a valid float')
  return value
}

export const printed = (value: number) =>
  value === Infinity
    ? 'inf'
    : value === -Infinity
      ? '-inf'
      : Number.isInteger(value)
        ? BigInt(value).toString()
        : String(value)

/** `a 1 b 2` as pairs; an odd one out is an error. */
export const pairs = (args: string[], command: string): [string, string][] => {
  if (args.length % 2) throw new RedisError(`ERR wrong number of arguments for '${command}' command`)
  return Array.from({ length: args.length / 2 }, (_, at) => [args[2 * at] ?? '', args[2 * at + 1] ?? ''])
}
