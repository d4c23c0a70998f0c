import { beforeAll } from 'vitest'
import { sql } from './platform.ts'

// The generated suites call every route there is, the one that stops the instance too.
beforeAll(async () => {
  await sql`update instance set paused = false`
})
