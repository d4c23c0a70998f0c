import { freeTiers } from '@macro-ai/shared'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../db/migrate.ts'
import { startPostgres, type Postgres } from '../../db/test/postgres.ts'
import { quoted, tablesOf } from '../local/commands/backup/tables.ts'
import { composeSettings } from '../local/commands/settings.ts'
import { mostBytesANight, nightsKept } from '../local/commands/backup/bucket.ts'
import { folder as workflows, npx, readWorkflow, root, shellStep } from './steps.ts'

// The shell steps of the workflows, as they stand there, on this machine. Those of `deploy` and `watch` run in
// worker/local/commands/deploy/rehearsal.test.ts. `pnpm preview` runs as far as it needs no provider (its own test has
// stand-ins of them). Not run: `.ci/run` itself.
const folder = mkdtempSync(join(tmpdir(), 'macro-ai-steps-'))
const program = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), 0o755)
}
let postgres: Postgres
beforeAll(async () => {
  program('npx', npx)
  // Notes what it is asked, and keeps what is sent.
  program(
    'wrangler',
    `#!/bin/sh\necho "$*" > ${folder}/asked\nfor one; do case $one in --file=*) cp "\${one#--file=}" ${folder}/sent;; esac; done\n`,
  )
  for (const name of ['aws', 'gh']) program(name, `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/asked\n`)
  postgres = await startPostgres()
})
afterAll(async () => {
  await postgres?.stop()
  rmSync(folder, { recursive: true })
})

const shell = (run: string, env: Record<string, string>) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const child = execFile(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run],
      { cwd: root, env: { ...process.env, ...env, PATH: folder + delimiter + process.env['PATH'] } },
      (_, stdout, stderr) => resolve({ code: child.exitCode ?? 1, said: stdout + stderr }),
    )
  })
const asked = () => readFileSync(join(folder, 'asked'), 'utf8')

const opened = async <T>(url: string, work: (client: pg.Client) => Promise<T>) => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return work(client).finally(() => client.end())
}
/** All that a database holds, as text. */
const everything = (url: string) =>
  opened(url, async (client) => {
    const found: Record<string, string[]> = {}
    for (const { name } of await tablesOf(client)) {
      const { rows } = await client.query<{ row: string }>(
        `select one::text as row from ${quoted(name)} one order by 1`,
      )
      found[name] = rows.map(({ row }) => row)
    }
    return found
  })

test('the night’s backup, sent to R2 and restored after the database was wiped, is all that there was', async () => {
  const url = await postgres.createDatabase('instance')
  await migrate({ databaseUrl: url, driver: 'hyperdrive' })
  await opened(url, async (client) => {
    await client.query(
      `insert into users (id, email) select gen_random_uuid(), n || '@example.org' from generate_series(1, 500) n`,
    )
    await client.query(
      `insert into conversations (id, owner_id, title) select gen_random_uuid(), id, 'Tides of ' || email from users`,
    )
    await client.query(`insert into ledger (reservation_id, kind, purpose, model, day, month, amount_micros, at)
      select gen_random_uuid(), 'reserve', 'chat', 'm', '2026-11-22', '2026-11-01', n, now() from generate_series(1, 1000) n`)
  })
  const before = await everything(url)
  const settings = { NEON_DATABASE_URL: url, BACKUP_KEY: 'a key for the tests', CLOUDFLARE_API_TOKEN: 'a token' }
  const { run, env } = shellStep('backup.yml', 'backup', settings)
  const sent = await shell(run, env)
  expect(sent.code, sent.said).toBe(0)
  expect(asked()).toMatch(/^r2 object put macro-ai-backups\/nightly\/\d{4}-\d\d-\d\d\.backup --file=\S+ --remote$/m)
  expect(readFileSync(join(folder, 'sent'), 'latin1')).not.toContain('Tides of')

  await opened(url, (client) => client.query('drop schema public cascade; create schema public'))
  const restore = () => shell(`npx -y pnpm@12 restore ${folder}/sent`, { ...settings, DATABASE_DRIVER: 'hyperdrive' })
  const restored = await restore()
  expect(restored.code, restored.said).toBe(0)
  expect(await everything(url)).toEqual(before)
  const again = await restore()
  expect(again).toMatchObject({ code: 1, said: expect.stringContaining('is in use') as string })
})

test('a night that leaves no room in R2 beside the files is refused before it is sent', async () => {
  const url = await postgres.createDatabase('too_large')
  await migrate({ databaseUrl: url, driver: 'hyperdrive' })
  rmSync(join(folder, 'asked'), { force: true })
  const settings = { NEON_DATABASE_URL: url, BACKUP_KEY: 'a key for the tests' }
  const { run, env } = shellStep('backup.yml', 'backup', settings)
  const refused = await shell(run, { ...env, FILES_INSTANCE_BYTES: '9800000000' })
  expect(refused).toMatchObject({ code: 1, said: expect.stringContaining("would pass R2's free 10 GB") as string })
  expect(existsSync(join(folder, 'asked'))).toBe(false)
})

test('all nights that are kept stay within R2’s free tier, beside as many files as people may keep', () => {
  const free = freeTiers.find(({ id }) => id === 'r2.bytes')?.limit ?? 0
  for (const files of [0, 5_000_000_000, 9_000_000_000]) {
    const all = nightsKept * mostBytesANight({ FILES_INSTANCE_BYTES: String(files) }) + files
    expect(all).toBeLessThan(free)
  }
  const ports = { api: 1, site: 2, platform: 3 }
  const { read } = composeSettings({}, ports, { sessionKeys: 'k'.repeat(32), siteSecret: 's'.repeat(32) })
  expect(mostBytesANight({})).toBe(mostBytesANight({ FILES_INSTANCE_BYTES: String(read.FILES_INSTANCE_BYTES) }))
})

test('a pull request’s preview is put up, and taken down when it is closed, with all settings that it needs', async () => {
  const { env: names } = shellStep('preview.yml', 'preview', {})
  const all = Object.fromEntries(Object.keys(names).map((name) => [name, 'x']))
  const preview = (WAY: string, more = {}) => {
    const { run, env } = shellStep('preview.yml', 'preview', { ...all, NUMBER: '12', WAY, ...more })
    return shell(run, env)
  }
  // One is left out, so that no provider is asked: all others are there.
  for (const way of ['up', 'down'])
    expect(await preview(way, { VERCEL_ORG_ID: '' })).toMatchObject({
      code: 1,
      said: expect.stringContaining('a preview needs them: VERCEL_ORG_ID.\n') as string,
    })
  expect(await preview('sideways')).toMatchObject({ code: 1, said: expect.stringContaining('Usage') as string })
  const { on, jobs } = readWorkflow('preview.yml')
  expect(on.pull_request?.types).toEqual(['opened', 'reopened', 'synchronize', 'closed'])
  const way = jobs['preview']?.steps.find(({ run }) => run?.includes('preview'))?.env?.['WAY']
  expect(way).toBe("${{ github.event.action == 'closed' && 'down' || 'up' }}")
})

test('AWS is asked for the stack of the template, with the address of the warnings as one word', async () => {
  const { run, env } = shellStep('deploy.yml', 'aws cloudformation', { ALERT_EMAIL: 'me and you@example.org' })
  expect((await shell(run, env)).code).toBe(0)
  const words = asked().split('\n')
  expect(words.slice(0, 2)).toEqual(['cloudformation', 'deploy'])
  expect(words).toContain('AlertEmail=me and you@example.org')
  expect(existsSync(join(root, words[words.indexOf('--template-file') + 1] ?? ''))).toBe(true)
})

test('the comment of a preview goes to the pull request, once', async () => {
  const { run, env } = shellStep('preview.yml', 'gh pr comment', { NUMBER: '12' })
  expect((await shell(run, { ...env, GITHUB_REPOSITORY: 'me/macro' })).code).toBe(0)
  expect(asked().split('\n')).toEqual(
    expect.arrayContaining(['pr', 'comment', '12', 'me/macro', 'comment.md', '--edit-last', '--create-if-none']),
  )
})

test('the command that tests is one that bash reads', async () => {
  expect(readFileSync(join(workflows, 'test.yml'), 'utf8')).toContain('run: .ci/run\n')
  expect((await shell('bash -n .ci/run', {})).code).toBe(0)
})
