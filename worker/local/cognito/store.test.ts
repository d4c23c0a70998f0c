import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clientId, password, poolId, startPool, tokensOf, wire } from './fixture.ts'
import { cognito } from './index.ts'
import type { State } from './store.ts'

const demo = { email: 'demo@macro.local', password: 'Demo-passw0rd' }
let dataDir: string
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cognito-'))
})
afterEach(() => rm(dataDir, { recursive: true }))

test('users, sign-ins, locks and keys survive a restart, and the demo account is made once', async () => {
  // Both runs tell the same issuer, as two starts on the local platform's fixed port do.
  const issuer = 'http://127.0.0.1/cognito/local_test'
  const first = await startPool({ dataDir, issuer, demo: true })
  const tokens = tokensOf(await first.signIn(demo.email, demo.password))
  expect(JSON.parse(atob(tokens.AccessToken.split('.')[1] ?? ''))).toMatchObject({ 'cognito:groups': ['admin'] })
  await first.newUser('ada@example.com')
  for (let tries = 0; tries < 5; tries += 1) await first.signIn('ada@example.com', 'Wr0ng-password')
  await first.close()

  const second = await startPool({ dataDir, issuer, demo: true, now: () => first.clock.now })
  expect(await second.call('GetUser', tokens)).toMatchObject({ status: 200 })
  expect(await second.signIn('ada@example.com', password)).toMatchObject({ message: 'Password attempts exceeded' })
  const refreshed = tokensOf(await second.refresh(tokens.RefreshToken))
  await second.call('DeleteUser', refreshed)
  await second.close()

  const third = await startPool({ dataDir, issuer, demo: true })
  expect(await third.signIn(demo.email, demo.password)).toMatchObject({ message: 'Incorrect username or password.' })
  await third.close()
})

test('the file is its owner’s alone, holds no usable password or token, and its private key is never published', async () => {
  const pool = await startPool({ dataDir, demo: true })
  const tokens = tokensOf(await pool.signIn(demo.email, demo.password))
  const published = await (await fetch(`${pool.issuer}/.well-known/jwks.json`)).text()
  await pool.close()
  const file = join(dataDir, 'cognito.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const text = await readFile(file, 'utf8')
  for (const secret of [demo.password, tokens.RefreshToken, tokens.AccessToken]) expect(text).not.toContain(secret)
  const { d, p, q } = (JSON.parse(text) as State).keys[0]?.privateJwk ?? {}
  for (const member of [d, p, q]) {
    expect(member).toBeTypeOf('string')
    expect(published).not.toContain(member)
  }
})

test('a process killed amid sign-ups leaves a whole file with everyone it had answered', async () => {
  const fixture = new URL('./fixture.ts', import.meta.url).href
  const script = `const { startPool } = await import(${JSON.stringify(fixture)})
    console.log((await startPool({ dataDir: ${JSON.stringify(dataDir)} })).endpoint)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [endpoint] = (await once(child.stdout, 'data')) as [Buffer]
  const pool = wire(endpoint.toString().trim(), clientId)

  const answered: string[] = []
  const signUps = Array.from({ length: 60 }, async (_, n) => {
    const reply = await pool.call('SignUp', { Username: `user${n}@example.com`, Password: password })
    answered.push(String(reply.body.UserSub))
    if (answered.length === 20) child.kill('SIGKILL')
  })
  await Promise.allSettled(signUps)
  await exited
  expect(answered.length).toBeLessThan(60)

  const again = await startPool({ dataDir })
  for (const Username of answered) {
    expect(await again.admin('AdminGetUser', { Username })).toMatchObject({ status: 200 })
  }
  await again.close()
})

test('a file that is not a user pool is named in the error and left as it was', async () => {
  const file = join(dataDir, 'cognito.json')
  await writeFile(file, '{"users":')
  await expect(cognito({ dataDir, issuer: 'http://127.0.0.1', poolId, clientId })).rejects.toThrow(file)
  expect(await readFile(file, 'utf8')).toBe('{"users":')
})
