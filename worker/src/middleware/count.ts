import type { Tally } from '../metering/tally.ts'
import { isOfSite } from './limit.ts'

/** Counts a request against the free tiers it uses: the Worker's, and Vercel's where the site's own server makes it. */
export const countRequest = (tally: Tally, request: Request, siteSecret: string | undefined): void => {
  tally.add('workers.requests')
  if (isOfSite(request.headers, siteSecret)) tally.add('vercel.invocations')
  if (request.method === 'POST' && new URL(request.url).pathname === '/turns') tally.add('turns')
  tally.tick()
}
