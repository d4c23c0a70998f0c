import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { parseEnv } from 'node:util'
import { meant, names, type Given } from './names.ts'
import { Trouble } from './trouble.ts'

/** The settings a `.env` file and the environment give, the environment first; an empty one counts as absent. */
export const readGiven = (file: string, environment: NodeJS.ProcessEnv): { given: Given; warnings: string[] } => {
  const written = parseFile(file)
  const all = { ...written, ...filled(environment) }
  const given = Object.fromEntries(names.filter((name) => all[name]).map((name) => [name, all[name]]))
  const warnings = Object.keys(written)
    .filter((name) => !(names as readonly string[]).includes(name))
    .flatMap((name) => {
      const known = meant(name)
      return known ? [`${basename(file)}: ${name} is not a setting and has no effect; did you mean ${known}?`] : []
    })
  return { given, warnings }
}

const filled = (values: NodeJS.Dict<string>) => Object.fromEntries(Object.entries(values).filter(([, value]) => value))

const parseFile = (file: string): NodeJS.Dict<string> => {
  let text: string
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return {}
    throw new Trouble(
      `${basename(file)} cannot be read (${message}). Make it a text file of NAME=value lines, or delete it.`,
    )
  }
  const broken = brokenLine(text)
  if (broken)
    throw new Trouble(
      `${basename(file)}, line ${broken.line}: ${broken.why}. Correct or delete that line; .env.example shows the form.`,
    )
  return filled(parseEnv(text))
}

/** parseEnv leaves out what it cannot read without a word. */
const brokenLine = (text: string): { line: number; why: string } | undefined => {
  const lines = text.split(/\r\n|[\r\n]/)
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]?.trim() ?? ''
    if (line === '' || line.startsWith('#')) continue
    if (line.includes('\0') || line.includes('\uFFFD')) return { line: at + 1, why: 'this is not UTF-8 text' }
    const [, value] = /^(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*(.*)$/.exec(line) ?? []
    if (value === undefined) return { line: at + 1, why: 'it must read NAME=value' }
    const quote = value[0]
    if (quote !== '"' && quote !== "'" && quote !== '`') continue
    if (value.indexOf(quote, 1) > 0) continue
    const end = lines.findIndex((later, index) => index > at && later.includes(quote))
    if (end < 0) return { line: at + 1, why: `the quote ${quote} is not closed` }
    at = end
  }
  return undefined
}
