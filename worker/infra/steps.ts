import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const root = join(import.meta.dirname, '../..')
export const folder = join(root, '.github/workflows')

export type Step = { uses?: string; run?: string; env?: Record<string, string>; with?: Record<string, unknown> }
export type Job = { permissions?: Record<string, string>; environment?: string; if?: string; steps: Step[] }
export type Workflow = {
  on: { pull_request?: { types?: string[] } }
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

export const readWorkflow = (file: string) => parse(readFileSync(join(folder, file), 'utf8')) as Workflow

/** The shell step of a workflow that contains these words, with the values of its secrets, variables and expressions. */
export const shellStep = (file: string, words: string, values: Record<string, string>) => {
  const steps = Object.values(readWorkflow(file).jobs).flatMap((job) => job.steps)
  const { run = '', env = {} } = steps.find(({ run: line }) => line?.includes(words)) ?? {}
  if (run === '') throw new Error(`${file} has no such step: ${words}`)
  return { run, env: Object.fromEntries(Object.keys(env).map((name) => [name, values[name] ?? ''])) }
}

/** What a runner has as `npx`, so that `npx -y pnpm@12 NAME` is our own command NAME. */
export const npx = `#!/bin/sh
shift 2
[ "$1" = run ] && shift
exec "${process.execPath}" "${root}/worker/local/run.js" "$@"
`
