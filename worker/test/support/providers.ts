/**
 * What providers answer, each by what it publishes, looked up on 26 November 2026. No live account was ever asked.
 *
 * - Cloudflare: the example queries of its documentation of Durable Objects and of R2 (durable-objects/observability,
 *   r2/platform/metrics-analytics). `activeTime`, `rowsRead`, `rowsWritten` are in no example: they are what programs in
 *   public repositories ask for, some of which say that they read them by introspection. That an object counts as 0.125 GB
 *   is the price list's.
 * - Neon: `project` of GET /projects/{id} in its OpenAPI, by clients generated from it; there `synthetic_storage_size` may
 *   be absent. Its metrics by day want a Scale plan, so they are not asked for.
 * - Upstash: devops/developer-api/openapi.yml in github.com/upstash/docs, GET /redis/stats/{id}.
 * - Vercel: docs/models/listbillingchargesresponsebody.md in github.com/vercel/sdk and FOCUS 1.3, whose columns are written
 *   like this. What a service is called there ("Function Invocations", "Fast Data Transfer") no schema says: not checked.
 * - OpenAI: the example of its API reference, GET /organization/costs.
 * - AWS: budgets/2016-10-20/service-2.json in github.com/boto/botocore.
 */
const cloudflareToday = {
  workers: [{ sum: { requests: 40_000 } }, { sum: { requests: 2_000 } }],
  objects: [{ sum: { requests: 9_000 } }],
  periods: [{ sum: { activeTime: 800_000_000, rowsRead: 70_000, rowsWritten: 8_000 } }],
}
const cloudflareFiles = {
  operations: [
    { sum: { requests: 120 }, dimensions: { actionType: 'PutObject' } },
    { sum: { requests: 30 }, dimensions: { actionType: 'ListObjects' } },
    { sum: { requests: 700 }, dimensions: { actionType: 'GetObject' } },
    { sum: { requests: 50 }, dimensions: { actionType: 'DeleteObject' } },
  ],
  storage: [{ max: { payloadSize: 5_000_000, metadataSize: 1_000 }, dimensions: { bucketName: 'macro-ai-files' } }],
}
const graphql = (account: object) => ({ data: { viewer: { accounts: [account] } }, errors: null })

const neonProject = {
  project: {
    ...{
      id: 'aged-wildflower-123456',
      platform_id: 'aws',
      region_id: 'aws-eu-central-1',
      name: 'macro',
      pg_version: 18,
    },
    ...{ data_storage_bytes_hour: 41_000_000_000, data_transfer_bytes: 300_000_000, written_data_bytes: 90_000_000 },
    ...{ compute_time_seconds: 36_000, active_time_seconds: 144_000, cpu_used_sec: 36_000 },
    ...{ synthetic_storage_size: 60_000_000, consumption_period_start: '2026-11-01T00:00:00Z' },
  },
}

const upstashStats = {
  ...{ daily_net_commands: 900, daily_read_requests: 600, daily_write_requests: 300, connection_count: [] },
  ...{ keyspace: [{ x: '2026-11-25 15:12:52.799480932 +0000 UTC', y: 80 }], hits: [], misses: [] },
  ...{ total_monthly_requests: 21_000, total_monthly_bandwidth: 4_000_000, current_storage: 700_000 },
}

const charge = (ServiceName: string, ConsumedQuantity: number, ConsumedUnit: string) =>
  JSON.stringify({
    ...{ BilledCost: 0, EffectiveCost: 0, BillingCurrency: 'USD', PricingCurrency: 'USD', ChargeCategory: 'Usage' },
    ...{ ServiceName, ServiceProviderName: 'Vercel', ConsumedQuantity, ConsumedUnit, PricingCategory: 'Standard' },
    ...{ PricingQuantity: ConsumedQuantity, PricingUnit: ConsumedUnit, Tags: { ProjectName: 'macro' } },
    ...{ ChargePeriodStart: '2026-11-24T00:00:00.000Z', ChargePeriodEnd: '2026-11-25T00:00:00.000Z' },
  })
const vercelCharges = [
  charge('Function Invocations', 1_200, 'Invocations'),
  charge('Function Invocations', 300, 'Invocations'),
  charge('Fast Data Transfer', 1.5, 'GB'),
].join('\n')

const cost = (value: number | string) => ({
  object: 'bucket',
  start_time: 1_793_491_200,
  end_time: 1_793_577_600,
  results: [
    { object: 'organization.costs.result', amount: { value, currency: 'usd' }, line_item: null, project_id: null },
  ],
})
const openaiCosts = { object: 'page', data: [cost(0.06), cost('0.1')], has_more: false, next_page: null }

const budget = (TimeUnit: string, Amount: string, [BudgetType, Unit] = ['COST', 'USD']) => ({
  ...{ BudgetName: `macro-ai-${TimeUnit}-${BudgetType}`, BudgetType, TimeUnit, BudgetLimit: { Amount: '1.0', Unit } },
  CalculatedSpend: { ActualSpend: { Amount, Unit }, ForecastedSpend: { Amount: '0.9', Unit } },
})
const awsBudgets = {
  Budgets: [budget('MONTHLY', '0.25'), budget('ANNUALLY', '3'), budget('MONTHLY', '70', ['USAGE', 'GB'])],
}

/** All keys, as an owner would set them. */
export const usageKeys = {
  ...{
    USAGE_CLOUDFLARE_ACCOUNT: 'account',
    USAGE_CLOUDFLARE_TOKEN: 'cf',
    USAGE_NEON_PROJECT: 'p',
    USAGE_NEON_KEY: 'n',
  },
  ...{ USAGE_UPSTASH_DATABASE: 'd', USAGE_UPSTASH_EMAIL: 'a@b.test', USAGE_UPSTASH_KEY: 'u', USAGE_VERCEL_TOKEN: 'v' },
  ...{ USAGE_VERCEL_TEAM: 'team', USAGE_OPENAI_KEY: 'o', USAGE_OPENAI_PROJECT: 'proj' },
  ...{ USAGE_AWS_ACCOUNT: '123456789012', USAGE_AWS_KEY_ID: 'AKIDEXAMPLE', USAGE_AWS_SECRET: 'secret' },
}

export type Heard = { url: string; authorization: string; body: string }

/** Stands in for all providers: notes what it is asked. One of them may be away. */
export const providersAnswering = (heard: Heard[], away?: string) => async (url: unknown, init?: RequestInit) => {
  const { host, pathname } = new URL(String(url))
  const body = typeof init?.body === 'string' ? init.body : ''
  heard.push({ url: String(url), authorization: new Headers(init?.headers).get('authorization') ?? '', body })
  if (host === away) return new Response('no', { status: 503 })
  const answers: Record<string, unknown> = {
    'api.cloudflare.com': graphql(body.includes('query Files') ? cloudflareFiles : cloudflareToday),
    'console.neon.tech': neonProject,
    'api.upstash.com': upstashStats,
    'api.openai.com': openaiCosts,
    'budgets.amazonaws.com': awsBudgets,
  }
  if (host === 'api.vercel.com') return new Response(vercelCharges)
  return host in answers ? Response.json(answers[host]) : new Response(`${host}${pathname}?`, { status: 404 })
}
