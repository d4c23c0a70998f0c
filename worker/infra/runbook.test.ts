import { freeTiers, parts, Ready } from '@macro-ai/shared'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { checks } from '../local/commands/deploy/smoke.ts'
import { folder as workflows, root } from './steps.ts'

const runbook = readFileSync(join(root, 'docs/runbook.md'), 'utf8')
const source = readdirSync(join(root, 'worker/src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(root, 'worker/src', name), 'utf8'))
  .join('\n')
const found = (pattern: RegExp) => [...source.matchAll(pattern)].map(([, group = '']) => group)

/** The first cells of the table under a heading, without their emphasis. Every row says what to do. */
const rowsOf = (heading: string) => {
  const [, section = ''] = runbook.split(`\n## ${heading}\n`)
  const rows = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '))
  const cells = rows.slice(1).map((row) => row.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '').trim()))
  for (const row of cells) for (const cell of row) expect(cell, row.join(' | ')).not.toBe('')
  return cells.map(([first = '']) => first.replaceAll(/^[`*]|[`*]$/g, '')).sort()
}

test('every alert that the app can send has its row, and every row an alert', () => {
  const titles = found(/title: [`'](Macro AI: [^\n]*)[`'],/g).map((title) =>
    title.replaceAll(/\$\{[^}]*\}/g, '…').replaceAll(/…+/g, '…'),
  )
  const trouble = 'Macro AI: … is in trouble'
  expect(titles).toContain(trouble)
  const sent = titles.flatMap((title) => (title === trouble ? parts.map((part) => title.replace('…', part)) : [title]))
  expect(rowsOf('Alerts of the app')).toEqual(sent.sort())
})

test('every limit that the owner is warned of has its row, and every row a limit', () => {
  const warned = freeTiers.filter(({ period }) => period !== 'request')
  expect(rowsOf('Warned of a limit')).toEqual(warned.map(({ service, metric }) => `${service}, ${metric}`).sort())
})

test('every workflow that can fail has its row, and every row a workflow', () => {
  expect(rowsOf('E-mails of GitHub')).toEqual(
    readdirSync(workflows)
      .map((file) => basename(file, '.yml'))
      .sort(),
  )
})

test('every threshold of the AWS budget is in its row', () => {
  type Notified = { Notification: { Threshold: number; NotificationType: string } }
  const template = parse(readFileSync(join(root, 'worker/infra/template.yaml'), 'utf8'), { logLevel: 'silent' }) as {
    Resources: { Budget: { Properties: { NotificationsWithSubscribers: Notified[] } } }
  }
  const { NotificationsWithSubscribers: all } = template.Resources.Budget.Properties
  const thresholds = all.map(
    ({ Notification: { Threshold, NotificationType } }) => `${Threshold} % ${NotificationType}`,
  )
  expect(rowsOf('E-mails of AWS Budgets')).toEqual([thresholds.join(', ')])
})

test('everything that a deploy and the watch try has its row, and every row something that they try', () => {
  expect(rowsOf('pnpm smoke')).toEqual(Object.keys(checks).sort())
})

test('every check of readiness has its row, and every row a check', () => {
  expect(rowsOf('Readiness')).toEqual(Object.keys(Ready.shape.checks.shape).sort())
})

test('every error in the log has its row, and every row an error', () => {
  expect(rowsOf('Errors in the log')).toEqual([...new Set(found(/log\.error\('([\w-]+)'/g))].sort())
})
