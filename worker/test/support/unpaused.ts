import { beforeAll } from 'vitest'
import { call, ok, owner } from './api.ts'
import { noFaults } from './platform.ts'

// The generated suites call every route there is, the one that stops the instance too.
beforeAll(async () => {
  // Nor is a run to meet the faults of one that broke off, as each does that notices a mutant.
  await noFaults()
  const { token } = await owner()
  await ok(call('patch', '/admin/instance', { token, body: { paused: false } }))
  // What the board knows of the database is an hour old at most: no report asks for it while a test counts trips.
  await ok(call('get', '/admin/limits', { token }))
})
