import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseCLI, startVitest, type Vitest } from 'vitest/node'
import { buildSite, buildWorker } from './bundles.ts'
import { root } from './places.ts'
import { createProgress } from './progress.ts'
import { trouble } from './trouble.ts'

type Count = { passed: number; failed: number }

/** Says that what is tested has been built. */
const built = '--built'

/**
 * Builds, runs every test, and ends with the line `N passed, N failed`. Takes vitest's own arguments; without any, the
 * browser's tests, which mostly wait, run beside the others.
 */
export const run = async (args: string[]): Promise<number> => {
  const wanted = args.filter((arg) => arg !== '--' && arg !== built)
  const isBuilt = args.includes(built) || (await build())
  const counts = !isBuilt
    ? [{ passed: 0, failed: 1 }]
    : wanted.length > 0
      ? [await countTests(wanted)]
      : await Promise.all([countBeside(['--project', 'browser']), countTests(['--project', '!browser'])])
  const passed = counts.reduce((sum, count) => sum + count.passed, 0)
  const failed = counts.reduce((sum, count) => sum + count.failed, 0)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
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
      const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(stdout) ?? [null, 0, 1]
      resolve({ passed: Number(passed), failed: Number(failed) })
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
    return { passed: 0, failed: 1 }
  }
}

/** A file that could not be loaded and an error outside any test are failures too. */
const countIn = ({ state }: Vitest): Count => {
  const modules = state.getTestModules()
  const tests = modules.flatMap((module) => [...module.children.allTests()]).map((test) => test.result().state)
  const broken = modules.filter((module) => !module.ok() && [...module.children.allTests('failed')].length === 0)
  return {
    passed: tests.filter((result) => result === 'passed').length,
    failed: tests.filter((result) => result === 'failed').length + broken.length + state.getUnhandledErrors().length,
  }
}
