import { beforeAll } from 'vitest'
import { call, ok, owner } from './api.ts'

// The generated suites call every route there is, the one that stops the instance too.
beforeAll(async () => {
  const { token } = await owner()
  await ok(call('patch', '/admin/instance', { token, body: { paused: false } }))
})
