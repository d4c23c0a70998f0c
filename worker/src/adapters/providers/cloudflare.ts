import * as z from 'zod'
import { askFor, bearer, monthOf, sumOf, type Source } from './ask.ts'

const endpoint = 'https://api.cloudflare.com/client/v4/graphql'

const today = `query Today($account: string!, $date: Date!) { viewer { accounts(filter: { accountTag: $account }) {
  workers: workersInvocationsAdaptive(limit: 1000, filter: { date: $date }) { sum { requests } }
  objects: durableObjectsInvocationsAdaptiveGroups(limit: 1000, filter: { date: $date }) { sum { requests } }
  periods: durableObjectsPeriodicGroups(limit: 1000, filter: { date: $date }) {
    sum { activeTime rowsRead rowsWritten } } } } }`

const files = `query Files($account: string!, $month: Time!, $day: Time!, $now: Time!) { viewer { accounts(filter: { accountTag: $account }) {
  operations: r2OperationsAdaptiveGroups(limit: 1000, filter: { datetime_geq: $month, datetime_leq: $now }) {
    sum { requests } dimensions { actionType } }
  storage: r2StorageAdaptiveGroups(limit: 1000, filter: { datetime_geq: $day, datetime_leq: $now }) {
    max { payloadSize metadataSize } dimensions { bucketName } } } } }`

const Requests = z.object({ sum: z.object({ requests: z.number() }) })
const Today = z.object({
  workers: z.array(Requests),
  objects: z.array(Requests),
  periods: z.array(
    z.object({ sum: z.object({ activeTime: z.number(), rowsRead: z.number(), rowsWritten: z.number() }) }),
  ),
})
const FilesOf = z.object({
  operations: z.array(Requests.extend({ dimensions: z.object({ actionType: z.string() }) })),
  storage: z.array(z.object({ max: z.object({ payloadSize: z.number(), metadataSize: z.number() }) })),
})

/** An object of the free plan has this much memory, whatever it uses. */
const gigabytes = 0.125
const microseconds = 1e6

/** R2's classes: deleting and giving up is free, looking is class B, all else is class A. */
const classOf = (action: string) =>
  /^(Delete|Abort)/.test(action) ? 'free' : /^(Get|Head|UsageSummary)/.test(action) ? 'B' : 'A'

type Account = { account: string; token: string }

const query = async <Schema extends z.ZodType>(
  { account, token }: Account,
  schema: Schema,
  text: string,
  variables: object,
): Promise<z.infer<Schema>> => {
  const Answer = z.object({ data: z.object({ viewer: z.object({ accounts: z.array(schema).length(1) }) }) })
  const { data } = await askFor(Answer, endpoint, {
    method: 'POST',
    headers: { ...bearer(token), 'content-type': 'application/json' },
    body: JSON.stringify({ query: text, variables: { account, ...variables } }),
  })
  return data.viewer.accounts[0] as z.infer<Schema>
}

const dateOf = (at: Date) => at.toISOString().slice(0, 10)

/** Cloudflare's own analytics of an account, which every Worker of that account counts in. It samples. */
export const cloudflareSources = (account: Account): Source[] => [
  {
    name: 'Cloudflare Workers',
    ask: async (now) => {
      const { workers, objects, periods } = await query(account, Today, today, { date: dateOf(now) })
      const activeMicroseconds = sumOf(periods.map(({ sum }) => sum.activeTime))
      return {
        'workers.requests': sumOf(workers.map(({ sum }) => sum.requests)),
        'objects.requests': sumOf(objects.map(({ sum }) => sum.requests)),
        'objects.gbSeconds': (activeMicroseconds / microseconds) * gigabytes,
        'objects.rowsRead': sumOf(periods.map(({ sum }) => sum.rowsRead)),
        'objects.rowsWritten': sumOf(periods.map(({ sum }) => sum.rowsWritten)),
      }
    },
  },
  {
    name: 'R2',
    ask: async (now) => {
      const moments = { month: monthOf(now), day: new Date(`${dateOf(now)}T00:00:00Z`), now }
      const days = Object.fromEntries(Object.entries(moments).map(([name, at]) => [name, at.toISOString()]))
      const { operations, storage } = await query(account, FilesOf, files, days)
      const counted = (wanted: 'A' | 'B') =>
        sumOf(
          operations
            .filter(({ dimensions }) => classOf(dimensions.actionType) === wanted)
            .map(({ sum }) => sum.requests),
        )
      const stored = sumOf(storage.map(({ max }) => max.payloadSize + max.metadataSize))
      // Without a group of today nobody has measured yet: no news, not an empty bucket.
      return {
        'r2.classA': counted('A'),
        'r2.classB': counted('B'),
        ...(storage.length > 0 && { 'r2.bytes': stored }),
      }
    },
  },
]
