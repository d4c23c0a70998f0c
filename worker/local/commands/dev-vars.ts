import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './places.ts'
import { Trouble } from './trouble.ts'

const header = '# Written by `pnpm dev` and `pnpm wrangler dev` at each start. Put your own settings in .env.\n'

/** Hands the Worker's variables to `wrangler dev`, which reads them from this file. */
export const writeDevVars = (
  variables: { [name: string]: string | undefined },
  file = join(root, '.dev.vars'),
): void => {
  if (!isOurs(file))
    throw new Trouble('.dev.vars was written by hand and would be lost: move its lines to .env and delete it.')
  const lines = Object.entries(variables).map(([name, value = '']) => `${name}=${quoted(name, value)}\n`)
  // Renamed into place: a wrangler that watches it never reads half of it.
  writeFileSync(`${file}.new`, header + lines.join(''), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

const isOurs = (file: string) => {
  try {
    const text = readFileSync(file, 'utf8')
    return text.trim() === '' || text.startsWith(header)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw error
  }
}

/** dotenv takes what stands between quotes as it is, if it holds no such quote. */
const quoted = (name: string, value: string) => {
  const quote = ["'", '`'].find((mark) => !value.includes(mark))
  if (!quote) throw new Trouble(`${name} may not hold both ' and \`.`)
  return quote + value + quote
}
