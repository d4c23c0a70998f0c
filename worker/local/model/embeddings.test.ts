import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startModel, type StartedModel } from './testing.ts'

let demo: StartedModel
beforeAll(async () => {
  demo = await startModel()
})
afterAll(() => void demo.close())

const embed = async (input: string[], more: { dimensions?: number; encoding_format?: 'float' } = {}) =>
  (await demo.client.embeddings.create({ model: 'demo-embedding', input, ...more })).data.map((item) => item.embedding)
const cosine = (a: number[] = [], b: number[] = []) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)

test('near texts get near embeddings and unrelated ones do not', async () => {
  const [asked, answer, other] = await embed([
    'What causes the tides of the sea?',
    'Tides are caused by the moon: it pulls at the seas.',
    'The bakery on the corner sells fresh bread in the morning.',
  ])
  expect(cosine(asked, answer)).toBeGreaterThan(0.35)
  expect(Math.abs(cosine(asked, other))).toBeLessThan(0.15)
  const [japanese, near, far] = await embed(['東京は日本の首都です', '日本の首都は東京', 'りんごは赤い果物'])
  expect(cosine(japanese, near)).toBeGreaterThan(cosine(japanese, far) + 0.3)
})

test('floats and base64 are the same numbers, and each text keeps its place', async () => {
  const texts = ['one apple', 'two pears', 'three plums']
  const [encoded, floats] = [await embed(texts), await embed(texts, { encoding_format: 'float' })]
  expect(encoded).toEqual(floats)
  expect(await embed(['two pears'])).toEqual([encoded[1]])
  const raw = await demo.post('/v1/embeddings', { model: 'demo-embedding', input: 'x', encoding_format: 'base64' })
  const { data, usage } = (await raw.json()) as { data: { embedding: string }[]; usage: object }
  expect(Buffer.from(data[0]?.embedding ?? '', 'base64')).toHaveLength(1536 * 4)
  expect(usage).toEqual({ prompt_tokens: 1, total_tokens: 1 })
})

test('tokens count as what they are, of one text or of several', async () => {
  for (const [input, count, texts] of [
    [[15_339, 1_917], 2, 1],
    [[[15_339, 1_917], [7]], 3, 2],
  ] as const) {
    const answer = await demo.post('/v1/embeddings', { model: 'demo-embedding', input })
    expect(await answer.json()).toMatchObject({
      data: Array.from({ length: texts }, (_, index) => ({ index })),
      usage: { prompt_tokens: count, total_tokens: count },
    })
  }
})

test('every text in the world has an embedding of length one', async () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 80 })
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(1, 3, 256, 1536), async (input, dimensions) => {
      const [vector] = await embed([input], { dimensions })
      expect(vector).toHaveLength(dimensions)
      expect(cosine(vector, vector)).toBeCloseTo(1, 4)
    }),
    { numRuns: 40 },
  )
})

test('input that OpenAI would refuse is refused', async () => {
  for (const input of ['', [], [''], null, 7, 'a '.repeat(9000)])
    expect((await demo.post('/v1/embeddings', { model: 'demo-embedding', input })).status).toBe(400)
  const tooMany = demo.client.embeddings.create({ model: 'demo-embedding', input: 'x', dimensions: 4096 })
  await expect(tooMany).rejects.toMatchObject({ status: 400, param: 'dimensions' })
  const chat = demo.client.embeddings.create({ model: 'demo', input: 'x' })
  await expect(chat).rejects.toMatchObject({ status: 400, param: 'model' })
})
