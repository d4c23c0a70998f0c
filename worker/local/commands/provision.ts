import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { deploy } from './deploy.ts'
import { readGiven } from './env-file.ts'
import type { Given } from './names.ts'
import { root } from './places.ts'
import { createProgress } from './progress.ts'
import { bases } from './providers/api.ts'
import { isDone, missing, where, type Step } from './provision/step.ts'
import { steps, toolsMissing } from './provision/steps.ts'
import { Trouble } from './trouble.ts'

const usage = 'Usage: pnpm provision [--plan] [--without-buckets]     --plan says what would be done, and does nothing'

/**
 * From nothing to deployed. What each step makes is written into .env.production at once, so that a run that stopped
 * goes on where it was, and a second one makes nothing twice.
 */
export const run = async (args: string[]): Promise<number> => {
  const options = { plan: { type: 'boolean' }, 'without-buckets': { type: 'boolean' } } as const
  const { values } = parseArgs({ args: args.filter((arg) => arg !== '--'), options })
  const file = join(root, '.env.production')
  const chosen = steps.filter(({ name }) => name !== 'Buckets' || !values['without-buckets'])
  const { given } = readGiven(file, process.env)
  console.log(planOf(given, chosen))
  if (values.plan) return 0

  const tools = await toolsMissing(given)
  const asked = wanted(given, chosen)
  if (tools.length > 0 || asked.length > 0)
    throw new Trouble(['Before it can go on:', ...tools, ...asked].join('\n  ') + `\n\n${usage}`)
  const progress = createProgress()
  try {
    const all = await provision(given, chosen, { at: bases, progress, keep: (made) => append(file, made) })
    await deploy(all, progress)
    return 0
  } finally {
    progress.end()
  }
}

type Means = {
  at: typeof bases
  progress: Pick<ReturnType<typeof createProgress>, 'step'>
  keep: (made: Given) => void
}

/** Makes what is not there yet, step by step; `keep` gets what each has made. */
export const provision = async (given: Given, chosen: readonly Step[], means: Means): Promise<Given> => {
  let all = given
  for (const step of chosen) {
    if (isDone(all, step)) continue
    const made = await means.progress.step(step.name, () => step.make(all, means.at))
    const empty = missing(made, step.gives).filter((name) => !all[name])
    if (empty.length > 0) throw new Trouble(`${step.name}: the provider did not tell ${empty.join(', ')}.`)
    means.keep(made)
    all = { ...all, ...made }
  }
  return all
}

/** Every step, whether it is done, and what it waits for. */
export const planOf = (given: Given, chosen: readonly Step[]): string =>
  chosen
    .map((step) => {
      if (isDone(given, step)) return `  ✓ ${step.name}: done`
      const lacks = missing(given, step.needs)
      const waits = lacks.map((name) => `\n      needs ${name}: ${where[name] ?? 'put it into .env.production'}`)
      return `  ${lacks.length > 0 ? '!' : '·'} ${step.name}: ${step.does}${waits.join('')}`
    })
    .concat('  · Deploy: migrate, deploy and try it, as `pnpm run deploy` does')
    .join('\n')

const wanted = (given: Given, chosen: readonly Step[]): string[] => {
  const names = chosen.filter((step) => !isDone(given, step)).flatMap((step) => missing(given, step.needs))
  return [...new Set(names)].map((name) => `put ${name}=… into .env.production. ${where[name] ?? ''}`)
}

/** Adds to the file what was made. Renamed into place: whatever happens, it is whole. */
export const append = (file: string, made: Given): void => {
  const lines = Object.entries(made).map(([name, value]) => `${name}='${value}'\n`)
  if (lines.length === 0) return
  writeFileSync(`${file}.new`, [textOf(file), ...lines].join(''), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

const textOf = (file: string): string => {
  try {
    const text = readFileSync(file, 'utf8')
    return text === '' || text.endsWith('\n') ? text : `${text}\n`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
