import * as z from 'zod'
import { Line } from './text.ts'

export const Currency = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters, as in EUR')

/** What a dollar is about worth in another currency. Money is kept, capped and billed in dollars: this only shows it. */
export const Rate = z
  .strictObject({
    currency: Currency,
    perDollar: z.number().positive(),
    regions: z
      .array(z.string().regex(/^[A-Z]{2}$/))
      .default([])
      .meta({ description: 'where people reckon in it, by ISO 3166' }),
    source: Line.max(100),
    asOf: z.iso.date(),
  })
  .meta({ id: 'Rate' })
export type Rate = z.infer<typeof Rate>

const published = { source: 'exchange-api by fawazahmed0, on npm', asOf: '2026-09-29' }

/** The rates we know. A setting may put newer ones in their place and add other currencies. */
export const knownRates: readonly Rate[] = [
  { currency: 'GBP', perDollar: 0.7554, regions: ['GB', 'GG', 'IM', 'JE'], ...published },
  {
    currency: 'EUR',
    perDollar: 0.8802,
    // The euro area as of 2026, with Bulgaria.
    regions: 'AT BE BG CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK'.split(' '),
    ...published,
  },
]
