import { parseCLI, startVitest, type Vitest } from 'vitest/node'
import { buildSite, buildWorker } from './bundles.ts'
import { createProgress } from './progress.ts'
import { trouble } from './trouble.ts'

type Count = { passed: number; failed: number }

/** Builds, runs every test, and ends with the line `N passed, N failed`. Takes vitest's own arguments. */
export const run = async (args: string[]): Promise<number> => {
  const { passed, failed } = await countTests(args)
  console.log(`${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

const countTests = async (args: string[]): Promise<Count> => {
  const progress = createProgress()
  try {
    await Promise.all([progress.step('build the Worker', buildWorker), progress.step('build the site', buildSite)])
    progress.end()
    const { filter, options } = parseCLI(['vitest', 'run', ...args.filter((arg) => arg !== '--')])
    const vitest = await startVitest('test', filter, { ...options, watch: false })
    const count = countIn(vitest)
    await vitest.close()
    return count
  } catch (error) {
    console.error(trouble(error))
    return { passed: 0, failed: 1 }
  } finally {
    progress.end()
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
