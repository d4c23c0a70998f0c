import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const report = join(tmpdir(), 'macro-ai-mutants.json')

/** What is broken on purpose, and the suites that should notice. */
const groups = {
  money: {
    files: ['price', 'purse', 'ladder', 'period'].map((name) => `worker/src/spending/${name}.ts`),
    suites: ['budgets', 'titles', 'turns'],
  },
  identity: {
    files: ['adapters/tokens', 'identity/standing', 'identity/joining'].map((name) => `worker/src/${name}.ts`),
    suites: ['tokens', 'identity', 'identity-joining'],
  },
  tree: { files: ['worker/src/archive/tree.ts'], suites: ['imported-tree', 'archive'] },
} as const

type Name = keyof typeof groups
type Mutant = { status: string; mutatorName: string; replacement: string; location: { start: { line: number } } }
type Report = { files: Record<string, { source: string; mutants: Mutant[] }> }

const settings = (files: readonly string[]) => ({
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'bench/mutants/vitest.config.ts', dir: 'worker', related: false },
  mutate: files,
  // What a sentence says, no test should hold to the letter.
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  concurrency: 1,
  timeoutMS: 60_000,
  tempDirName: 'stryker-tmp',
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: report },
})

const stryker = (name: Name) =>
  new Promise<void>((resolve, reject) => {
    const { files, suites } = groups[name]
    const config = join(tmpdir(), `macro-ai-mutants-${name}.json`)
    writeFileSync(config, JSON.stringify(settings(files)))
    const child = spawn(join(root, 'node_modules/.bin/stryker'), ['run', config], {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, SUITES: suites.join() },
    })
    child.on('exit', (code) => {
      rmSync(config)
      if (code === 0) resolve()
      else reject(new Error(`Stryker ended with ${code}`))
    })
  })

const noticed = new Set(['Killed', 'Timeout'])

const summary = (name: Name): string => {
  const { files } = JSON.parse(readFileSync(report, 'utf8')) as Report
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
