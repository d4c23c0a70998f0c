import { SELF } from 'cloudflare:test'
import { expect, inject, test, vi } from 'vitest'
import { problem } from './support/api.ts'
import { workerWith } from './support/settings.ts'

const counters = `${inject('platformUrl')}/counters`

test('health answers without a call to anything outside', async () => {
  await fetch(counters, { method: 'DELETE' })
  const answer = await SELF.fetch('https://api.example/health')
  expect(answer.status).toBe(200)
  expect(await answer.json()).toMatchObject({ status: 'ok' })
  expect(await (await fetch(counters)).json()).toMatchObject({ database: 0, cache: 0, identity: 0, model: 0 })
})

test.for([
  ['a model to answer with that has no price', { DEFAULT_MODEL: 'gpt-9' }, 'gpt-9 has no known price'],
  ['a free model that has a price', { FALLBACK_MODEL: 'demo-large' }, 'demo-large has a price'],
  ['models that are no JSON', { MODELS: '[{' }, 'MODELS: must be JSON'],
  ['nothing where an address must be', { UPSTASH_REDIS_REST_URL: '' }, 'UPSTASH_REDIS_REST_URL: is not set'],
] as const)('with %s nobody is served, and the owner finds in the log what is wrong', async ([, change, says]) => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  try {
    const { detail } = await problem(workerWith(change)('get', '/me', { token: 'x' }), 'unavailable')
    expect(detail).toContain('not set up completely')
    expect(detail).not.toContain(says)
    expect(logged.mock.calls.flat().join()).toContain(says)
  } finally {
    logged.mockRestore()
  }
})
