import { execFile } from 'node:child_process'
import { join } from 'node:path'
import type { TestError } from 'vitest'
import { parseCLI, startVitest, type Vitest } from 'vitest/node'
import { buildSite, buildWorker } from './bundles.ts'
import { root } from './places.ts'
import { createProgress } from './progress.ts'
import { trouble } from './trouble.ts'

/** `failures`: a line for each, its test and what it says. */
type Count = { passed: number; failures: string[] }

/** Says that what is tested has been built. */
const built = '--built'
/** Begins the line of a failure in the summary, by which it is found in what another process printed. */
const failureMark = 'failed: '
/** What a run ends with: a line for each failure, and the count. */
const summary = /((?:^failed: .*\n)*)^(\d+) passed, \d+ failed\s*$(?![^])/m

/**
 * Builds, runs every test, and ends with the line `N passed, N failed`. Takes vitest's own arguments; without any, the
 * browser's tests, which mostly wait, run beside the others.
 */
export const run = async (args: string[]): Promise<number> => {
  const wanted = args.filter((arg) => arg !== '--' && arg !== built)
  const isBuilt = args.includes(built) || (await build())
  const counts = !isBuilt
    ? [{ passed: 0, failures: ['build'] }]
    : wanted.length > 0
      ? [await countTests(wanted)]
      : await Promise.all([countBeside(['--project', 'browser']), countTests(['--project', '!browser'])])
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failures = counts.flatMap((count) => count.failures)
  // Last, since of a long output often only the end is kept.
  for (const failure of failures) console.log(`${failureMark}${failure}`)
  console.log(`${passed} passed, ${failures.length} failed`)
  return failures.length === 0 && passed > 0 ? 0 : 1
}

const build = async (): Promise<boolean> => {
  const progress = createProgress()
  try {
    await Promise.all([
      progress.step('build the Worker', () => buildWorker()),
      progress.step('build the site', () => buildSite()),
    ])
    return true
  } catch (error) {
    console.error(trouble(error))
    return false
  } finally {
    progress.end()
  }
}

/** The same in a process of its own, whose output comes in one piece. */
const countBeside = (args: string[]): Promise<Count> =>
  new Promise((resolve) => {
    const command = [join(root, 'worker/local/run.js'), 'test', built, ...args]
    execFile(process.execPath, command, { cwd: root, maxBuffer: 256 << 20 }, (_, stdout, stderr) => {
      console.log(stdout)
      console.error(stderr)
      const [, marked = '', passed] = summary.exec(stdout) ?? []
      const failures = marked.split('\n').filter(Boolean)
      resolve(
        passed === undefined
          ? { passed: 0, failures: [`did not end: ${args.join(' ')}`] }
          : { passed: Number(passed), failures: failures.map((line) => line.slice(failureMark.length)) },
      )
    })
  })

const countTests = async (args: string[]): Promise<Count> => {
  try {
    const { filter, options } = parseCLI(['vitest', 'run', ...args])
    const vitest = await startVitest('test', filter, { ...options, watch: false })
    const count = countIn(vitest)
    await vitest.close()
    return count
  } catch (error) {
    console.error(trouble(error))
    return { passed: 0, failures: ['vitest did not start'] }
  }
}

/** A file that could not be loaded and an error outside any test are failures too. */
const countIn = ({ state }: Vitest): Count => {
  const modules = state.getTestModules()
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const failed = tests.filter((test) => test.result().state === 'failed')
  const broken = modules.filter((module) => !module.ok() && [...module.children.allTests('failed')].length === 0)
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failures: [
      ...failed.map((test) => inOneLine(`${test.module.relativeModuleId} > ${test.fullName}`, test.result().errors)),
      ...broken.map((module) => inOneLine(module.relativeModuleId, module.errors())),
      ...state.getUnhandledErrors().map((error) => inOneLine('outside any test', [error])),
    ],
  }
}

const inOneLine = (where: string, errors: readonly unknown[] = []): string =>
  [where, ...errors.map(said)].join(': ').replace(/\s+/g, ' ').slice(0, 500)

const said = (error: unknown): string => {
  const { message, stacks } = error as Partial<TestError>
  const from = stacks?.find(({ file }) => file.endsWith('.test.ts'))
  return `${from ? `line ${from.line}: ` : ''}${message ?? String(error)}`
}
