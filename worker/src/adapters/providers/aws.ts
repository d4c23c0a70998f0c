import { AwsClient } from 'aws4fetch'
import * as z from 'zod'
import { askFor, type Source } from './ask.ts'

/** A budget of usage counts in units of its own. */
const Spend = z.object({ Amount: z.coerce.number(), Unit: z.string() })
const Budget = z.object({
  BudgetType: z.string(),
  TimeUnit: z.string(),
  CalculatedSpend: z.object({ ActualSpend: Spend }).optional(),
})
const Budgets = z.object({ Budgets: z.array(Budget).nullish() })

const microsADollar = 1e6

/** What the account's budgets of the month have counted: the largest, as each may count a part. Reading is free. */
export const awsSource = (own: { account: string; keyId: string; secret: string }): Source => ({
  name: 'AWS Budgets',
  ask: async () => {
    const client = new AwsClient({
      accessKeyId: own.keyId,
      secretAccessKey: own.secret,
      service: 'budgets',
      region: 'us-east-1',
    })
    const signed = await client.sign('https://budgets.amazonaws.com/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AWSBudgetServiceGateway.DescribeBudgets',
      },
      body: JSON.stringify({ AccountId: own.account }),
    })
    const { Budgets: budgets } = await askFor(Budgets, signed.url, {
      method: 'POST',
      headers: signed.headers,
      body: await signed.text(),
    })
    const monthly = (budgets ?? []).filter(
      ({ BudgetType, TimeUnit }) => BudgetType === 'COST' && TimeUnit === 'MONTHLY',
    )
    const spent = monthly.flatMap(({ CalculatedSpend: spend }) =>
      spend?.ActualSpend.Unit === 'USD' ? [spend.ActualSpend.Amount] : [],
    )
    return spent.length > 0 ? { 'aws.micros': Math.round(Math.max(...spent) * microsADollar) } : {}
  },
})
