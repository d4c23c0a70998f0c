import fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'
import { plans } from './actions.ts'
import { openBooks, type Books } from './books.ts'
import { play } from './world.ts'

const numRuns = Number(process.env['FC_RUNS'] ?? 12)

let books: Books
beforeAll(async () => {
  books = await openBooks()
})
afterAll(() => books.stop())

test('whatever happens in whatever order, no cap is exceeded and the books agree after every step', async () => {
  await fc.assert(
    fc.asyncProperty(plans(5), (plan) => play(books, plan)),
    { numRuns },
  )
})
