import { spawn } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Those of turns that wait for a sleeping database. What is drawn anew each time is not among them: a mutant is to have one answer. */
const atTill = ['sleeping', 'standing', 'leases', 'list', 'counting'].map((name) => `worker/test/resting/${name}`)

/** What is broken on purpose, and the suites that should notice: only those that run it, as each of them is run once for every mutant. */
const groups = {
  tree: { files: ['archive/tree'], suites: ['worker/test/imported-tree'] },
  tokens: { files: ['adapters/tokens'], suites: ['worker/test/tokens'] },
  standing: { files: ['identity/standing'], suites: ['worker/test/tokens', 'worker/test/identity'] },
  joining: { files: ['identity/joining'], suites: ['worker/test/identity-joining'] },
  price: { files: ['spending/price', 'spending/period'], suites: ['shared/test/price'] },
  ladder: { files: ['spending/ladder'], suites: ['worker/test/ladder'] },
  purse: { files: ['spending/purse'], suites: ['db/test/purse'] },
  lending: { files: ['till/lending'], suites: ['db/test/lending'] },
  till: { files: ['till/till'], suites: atTill },
  book: { files: ['till/book', 'till/page', 'till/client'], suites: atTill },
  known: { files: ['chat/known'], suites: ['db/test/window'] },
  beginning: { files: ['chat/beginning'], suites: atTill },
  ending: { files: ['chat/ending'], suites: ['worker/test/never-lost', 'worker/test/resting/sleeping'] },
  journal: {
    files: ['chat/journal'],
    suites: [
      ...['worker/test/never-lost', 'worker/test/journal', 'worker/test/erasing'],
      ...['worker/test/resting/sleeping', 'worker/test/resting/list'],
    ],
  },
  call: { files: ['v1/call'], suites: ['worker/test/v1'] },
  relay: { files: ['v1/relay'], suites: ['worker/test/v1'] },
  keys: { files: ['routes/v1', 'middleware/api-key', 'keys/keys'], suites: ['worker/test/v1'] },
  wording: { files: ['v1/failure', 'v1/pictures'], suites: ['worker/test/v1'] },
} as const

type Name = keyof typeof groups
type Mutant = { status: string; mutatorName: string; replacement: string; location: { start: { line: number } } }
type Report = { files: Record<string, { source: string; mutants: Mutant[] }> }

const reportOf = (name: Name) => join(tmpdir(), `macro-ai-mutants-${name}.json`)

const settings = (name: Name, lines: string | undefined) => ({
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'bench/mutants/vitest.config.ts', related: false },
  mutate: groups[name].files.map((file) => `worker/src/${file}.ts${lines ? `:${lines}` : ''}`),
  // What a sentence says, no test should hold to the letter.
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  coverageAnalysis: 'perTest',
  // What only runs while modules load is broken too: each run loads them anew.
  ignoreStatic: false,
  concurrency: 1,
  timeoutMS: 60_000,
  tempDirName: `stryker-tmp/${name}`,
  // What a build left has links to folders, which it cannot copy.
  ignorePatterns: ['site/.vercel'],
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: reportOf(name) },
})

const stryker = (name: Name, lines: string | undefined) =>
  new Promise<void>((resolve, reject) => {
    const config = join(tmpdir(), `macro-ai-mutants-${name}.settings.json`)
    writeFileSync(config, JSON.stringify(settings(name, lines)))
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

/** A suite that could not even begin has noticed as well, if it was the mutant that kept it from it: these are told. */
const unbegun = 'RuntimeError'
const noticed = new Set(['Killed', 'Timeout', unbegun])

const summary = (name: Name): string => {
  const { files } = JSON.parse(readFileSync(reportOf(name), 'utf8')) as Report
  const all = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ ...mutant, file, was: source.split('\n')[mutant.location.start.line - 1]?.trim() })),
  )
  const tried = all.filter(({ status }) => noticed.has(status) || status === 'Survived' || status === 'NoCoverage')
  const left = tried.filter(({ status }) => !noticed.has(status))
  const early = tried.filter(({ status }) => status === unbegun)
  return [
    `## ${name}: ${tried.length - left.length} of ${tried.length} noticed, ${early.length} before a test could begin`,
    '',
    ...[...left, ...early].map(
      ({ file, location, mutatorName, status, was, replacement }) =>
        `- ${status === unbegun ? '(not begun) ' : ''}${file.replace('worker/src/', '')}:${location.start.line} ${mutatorName}: \`${was}\` → \`${replacement.replace(/\s+/g, ' ')}\``,
    ),
    '',
  ].join('\n')
}

/**
 * Breaks the code of money, identity and the tree in every small way that Stryker knows, one at a time, and prints what
 * no test noticed. Takes hours on two cores; give it names of groups to take less, with lines of the
 * file (`till:60-90`) still less.
 */
export const run = async (names: string[]): Promise<void> => {
  const chosen = (names.length > 0 ? names : Object.keys(groups)).map((name) => name.split(':') as [string, string?])
  const unknown = chosen.map(([name]) => name).filter((name) => !Object.hasOwn(groups, name))
  if (unknown.length > 0)
    throw new Error(`No group ${unknown.join(', ')}; there are: ${Object.keys(groups).join(', ')}`)
  for (const [name, lines] of chosen as [Name, string?][]) {
    await stryker(name, lines)
    console.log(`\n${summary(name)}`)
  }
}
