import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '..')
const source = join(root, 'worker/src')
const directory = join(tmpdir(), 'macro-ai-coverage')

/** The suites that run the Worker's code: in workerd, in workerd with a database that sleeps, and on Node. */
const projects = ['worker', 'resting', 'node']
const suites = ['worker/test', 'db/test', 'shared/test']

/** What the figures are told for: where a failure that nobody tried could lose money, words or a door. */
const areas: [string, RegExp][] = [
  ['money', /^(spending|till|v1)\//],
  ['turns', /^chat\/|^adapters\/model/],
  ['identity', /^identity\/|^middleware\/|^adapters\/(tokens|cognito)/],
  ['database', /^adapters\/database\//],
  ['all the rest', /./],
]

type Place = { line: number; column: number }
type Span = { start: Place }
/** What istanbul writes of a file. */
type Counted = {
  path: string
  s: Record<string, number>
  statementMap: Record<string, Span>
  f: Record<string, number>
  fnMap: Record<string, { loc: Span }>
  b: Record<string, number[]>
}

/** Whether every test passed: figures there are also where one did not. */
const measure = () =>
  new Promise<boolean>((resolve) => {
    const child = spawn(
      join(root, 'node_modules/.bin/vitest'),
      [
        ...['run', '--silent=true', ...projects.flatMap((name) => ['--project', name]), ...suites],
        // By the root of each project; a copy of the Worker that something else has made is none of them.
        ...['--coverage.enabled', '--coverage.provider=istanbul'],
        ...['--coverage.include=src/**', '--coverage.include=worker/src/**'],
        ...['--coverage.reporter=json', `--coverage.reportsDirectory=${directory}`, '--coverage.reportOnFailure'],
      ],
      { cwd: root, stdio: 'inherit' },
    )
    child.on('exit', (code) => resolve(code === 0))
  })

/** What a piece of code does once something went wrong; nothing of code that does not wait for that. */
const failureIn = (node: ts.Node): ts.Node | undefined => {
  if (ts.isThrowStatement(node)) return node
  if (ts.isCatchClause(node)) return node.block.statements[0]
  if (!ts.isCallExpression(node)) return undefined
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText()
  const handler = { catch: node.arguments[0], then: node.arguments[1], setTimeout: node.arguments[0] }[name]
  if (!handler || !ts.isArrowFunction(handler)) return undefined
  return ts.isBlock(handler.body) ? handler.body.statements[0] : handler.body
}

/** Every branch of a file that is there for a failure, and how often it ran. */
const failuresIn = ({ path, s, statementMap, f, fnMap }: Counted) => {
  const counts = new Map<string, number>()
  const keyOf = ({ line, column }: Place) => `${line}:${column}`
  for (const [id, { loc }] of Object.entries(fnMap)) counts.set(keyOf(loc.start), f[id] ?? 0)
  for (const [id, { start }] of Object.entries(statementMap)) counts.set(keyOf(start), s[id] ?? 0)

  const text = readFileSync(path, 'utf8')
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found = new Map<string, { line: number; code: string; runs: number }>()
  const visit = (node: ts.Node): void => {
    const failure = failureIn(node)
    if (failure) {
      const { line, character } = file.getLineAndCharacterOfPosition(failure.getStart())
      const key = keyOf({ line: line + 1, column: character })
      const runs = counts.get(key)
      if (runs !== undefined) found.set(key, { line: line + 1, code: (text.split('\n')[line] ?? '').trim(), runs })
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return [...found.values()]
}

const share = (some: number, all: number) => `${some} of ${all} (${((100 * some) / Math.max(all, 1)).toFixed(1)} %)`

/**
 * Runs the suites of the Worker and prints how many of its branches they take, and which of those that wait for a
 * failure they never do: a `throw`, a `catch`, a handler of a rejection, a deadline. Takes about ten minutes.
 */
export const run = async (): Promise<void> => {
  const passed = await measure()
  const counted = Object.values(
    JSON.parse(readFileSync(join(directory, 'coverage-final.json'), 'utf8')) as Record<string, Counted>,
  )
  const files = counted.map((file) => {
    const name = relative(source, file.path)
    const branches = Object.values(file.b).flat()
    const area = areas.find(([, pattern]) => pattern.test(name))?.[0]
    return { name, area, branches, failures: failuresIn(file) }
  })
  const row = (label: string, some: typeof files) => {
    const branches = some.flatMap((file) => file.branches)
    const failures = some.flatMap((file) => file.failures)
    const taken = failures.filter(({ runs }) => runs > 0).length
    return `| ${label} | ${share(branches.filter(Boolean).length, branches.length)} | ${share(taken, failures.length)} |`
  }
  console.log('\n| code | branches taken | failures tried |\n|---|---|---|')
  for (const [label] of areas)
    console.log(
      row(
        label,
        files.filter(({ area }) => area === label),
      ),
    )
  console.log(row('all', files))
  console.log('\nNever tried:\n')
  for (const { name, failures } of files.toSorted((a, b) => a.name.localeCompare(b.name)))
    for (const { line, code, runs } of failures) if (runs === 0) console.log(`- ${name}:${line} \`${code}\``)
  if (!passed) throw new Error('Some test failed: what it would have run is missing here')
}
