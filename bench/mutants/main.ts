import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** What is broken on purpose, and the suites that should notice: only those that run it, as each of them is run once for every mutant. */
const groups = {
  tree: { files: ['archive/tree'], suites: ['worker/test/imported-tree', 'worker/test/archive'] },
  tokens: { files: ['adapters/tokens'], suites: ['worker/test/tokens'] },
  standing: { files: ['identity/standing'], suites: ['worker/test/tokens', 'worker/test/identity'] },
  joining: { files: ['identity/joining'], suites: ['worker/test/identity-joining'] },
  price: { files: ['spending/price', 'spending/period'], suites: ['shared/test/price'] },
  ladder: { files: ['spending/ladder'], suites: ['worker/test/ladder'] },
  purse: { files: ['spending/purse'], suites: ['db/test/purse'] },
  lending: { files: ['till/lending'], suites: ['db/test/lending'] },
} as const

type Name = keyof typeof groups
type Mutant = { status: string; mutatorName: string; replacement: string; location: { start: { line: number } } }
type Report = { files: Record<string, { source: string; mutants: Mutant[] }> }

const reportOf = (name: Name) => join(tmpdir(), `macro-ai-mutants-${name}.json`)

const settings = (name: Name) => ({
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'bench/mutants/vitest.config.ts', related: false },
  mutate: groups[name].files.map((file) => `worker/src/${file}.ts`),
  // What a sentence says, no test should hold to the letter.
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  coverageAnalysis: 'perTest',
  // What only runs while modules load is broken too: each run loads them anew.
  ignoreStatic: false,
  concurrency: 1,
  timeoutMS: 60_000,
  tempDirName: `stryker-tmp/${name}`,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: reportOf(name) },
})

const stryker = (name: Name) =>
  new Promise<void>((resolve, reject) => {
    const config = join(tmpdir(), `macro-ai-mutants-${name}.settings.json`)
    writeFileSync(config, JSON.stringify(settings(name)))
    const child = spawn(join(root, 'node_modules/.bin/stryker'), ['run', config], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, SUITES: groups[name].suites.join() },
    })
    child.on('exit', (code) => {
      rmSync(config)
      if (code === 0) resolve()
      else reject(new Error(`Stryker ended with ${code}`))
    })
  })

/** A suite that could not even begin has noticed as well. */
const noticed = new Set(['Killed', 'Timeout', 'RuntimeError'])

const summary = (name: Name): string => {
  const { files } = JSON.parse(readFileSync(reportOf(name), 'utf8')) as Report
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ ...mutant, file, was: source.split('\n')[mutant.location.start.line - 1]?.trim() })),
  )
  const tried = all.filter(({ status }) => noticed.has(status) || status === 'Survived' || status === 'NoCoverage')
  const left = tried.filter(({ status }) => !noticed.has(status))
  return [
    `## ${name}: ${tried.length - left.length} of ${tried.length} noticed`,
    '',
    ...left.map(
      ({ file, location, mutatorName, was, replacement }) =>
        `- ${file.replace('worker/src/', '')}:${location.start.line} ${mutatorName}: \`${was}\` → \`${replacement.replace(/\s+/g, ' ')}\``,
    ),
    '',
  ].join('\n')
}

/**
 * Breaks the code of money, identity and the tree in every small way that Stryker knows, one at a time, and prints what
 * no test noticed. Takes an hour or two on two cores; give it names of groups to take less.
 */
export const run = async (names: string[]): Promise<void> => {
  const chosen = names.length > 0 ? names : Object.keys(groups)
  const unknown = chosen.filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0)
    throw new Error(`No group ${unknown.join(', ')}; there are: ${Object.keys(groups).join(', ')}`)
  for (const name of chosen as Name[]) {
    await stryker(name)
    console.log(`\n${summary(name)}`)
  }
}
