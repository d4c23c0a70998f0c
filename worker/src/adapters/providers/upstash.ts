import * as z from 'zod'
import { askFor, type Source } from './ask.ts'

const Stats = z.object({ total_monthly_requests: z.number(), current_storage: z.number() })

/** A database's statistics, by Upstash's developer API. */
export const upstashSource = (own: { database: string; email: string; key: string }): Source => ({
  name: 'Upstash',
  ask: async () => {
    const stats = await askFor(Stats, `https://api.upstash.com/v2/redis/stats/${encodeURIComponent(own.database)}`, {
      headers: { authorization: `Basic ${btoa(`${own.email}:${own.key}`)}` },
    })
    return { 'upstash.commands': stats.total_monthly_requests, 'upstash.bytes': stats.current_storage }
  },
})
