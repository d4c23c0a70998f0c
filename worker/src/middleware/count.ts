import type { Tally } from '../metering/tally.ts'

/** Counts a request against the free tiers it uses: the Worker's, and Vercel's where the site's own server makes it. */
export const countRequest = (tally: Tally, request: Request): void => {
  tally.add('workers.requests')
  if (request.headers.has('x-site-secret')) tally.add('vercel.invocations')
  if (request.method === 'POST' && new URL(request.url).pathname === '/turns') tally.add('turns')
  tally.tick()
}
