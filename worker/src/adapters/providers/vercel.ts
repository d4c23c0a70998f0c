import * as z from 'zod'
import { askForLines, bearer, monthOf, sumOf, type Source } from './ask.ts'

/** A line of FOCUS, the open format of bills, with the columns that are of use here. */
const Charge = z.object({
  ServiceName: z.string(),
  ConsumedQuantity: z.coerce.number().nullish(),
  ConsumedUnit: z.string().nullish(),
})
type Charge = z.infer<typeof Charge>

const gigabyte = 1e9
const bytesIn = ({ ConsumedQuantity: amount, ConsumedUnit: unit }: Charge) =>
  (amount ?? 0) * (/^(GB|Gigabytes?)$/i.test(unit ?? '') ? gigabyte : 1)

/**
 * What a team used this month. On Hobby Vercel may know of no charges: then there is no news. The lines' shape is published
 * (vercel.com/docs/rest-api/billing/list-focus-billing-charges), the names of its services are not: they are those of its
 * price list, and a line under another name is not counted.
 */
export const vercelSource = ({ token, team }: { token: string; team: string | undefined }): Source => ({
  name: 'Vercel',
  ask: async (now) => {
    const range = { from: monthOf(now).toISOString(), to: now.toISOString(), ...(team && { teamId: team }) }
    const url = `https://api.vercel.com/v1/billing/charges?${new URLSearchParams(range).toString()}`
    const charges = await askForLines(Charge, url, { headers: bearer(token) })
    const called = (name: RegExp) => charges.filter(({ ServiceName }) => name.test(ServiceName))
    const [invocations, transfers] = [called(/function invocations/i), called(/fast data transfer/i)]
    return {
      ...(invocations.length > 0 && {
        'vercel.invocations': sumOf(invocations.map(({ ConsumedQuantity }) => ConsumedQuantity ?? 0)),
      }),
      ...(transfers.length > 0 && { 'vercel.bytes': sumOf(transfers.map(bytesIn)) }),
    }
  },
})
