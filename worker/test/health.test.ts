import { SELF } from 'cloudflare:test'
import { expect, inject, test } from 'vitest'

const counters = `${inject('platformUrl')}/counters`

test('health answers without a call to anything outside', async () => {
  await fetch(counters, { method: 'DELETE' })
  const answer = await SELF.fetch('https://api.example/health')
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ status: 'ok' })
  expect(await (await fetch(counters)).json()).toMatchObject({ database: 0, cache: 0, identity: 0, model: 0 })
})
