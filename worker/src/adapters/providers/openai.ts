import * as z from 'zod'
import { askFor, bearer, monthOf, sumOf, type Source } from './ask.ts'

const Costs = z.object({
  data: z.array(
    z.object({
      results: z.array(z.object({ amount: z.object({ value: z.coerce.number(), currency: z.literal('usd') }) })),
    }),
  ),
})

const mostDays = 31
const microsADollar = 1e6

/** What OpenAI will charge for this month so far, of a project or of everything. It wants an admin key. */
export const openaiSource = ({ key, project }: { key: string; project: string | undefined }): Source => ({
  name: 'OpenAI',
  ask: async (now) => {
    const start = Math.floor(monthOf(now).getTime() / 1_000)
    const asked = new URLSearchParams({ start_time: String(start), bucket_width: '1d', limit: String(mostDays) })
    if (project) asked.set('project_ids', project)
    const { data } = await askFor(Costs, `https://api.openai.com/v1/organization/costs?${asked.toString()}`, {
      headers: bearer(key),
    })
    const dollars = sumOf(data.flatMap(({ results }) => results.map(({ amount }) => amount.value)))
    return { 'model.micros': Math.round(dollars * microsADollar) }
  },
})
