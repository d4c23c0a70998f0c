import type { Link, OnTrip } from './client.ts'

/** Neon's own client has no deadline. Three seconds also cover a database that has to wake up. */
const timeoutMs = 3_000

type Options = { url: string; fetchEndpoint?: string | undefined; onTrip: OnTrip }

type Asked = RequestInit & { onTrip?: OnTrip }

/** The driver has one way to fetch for all of its clients: each says with its options who counts the trip. */
const fetchCounted = async (input: string, { onTrip, ...init }: Asked) => {
  const began = Date.now()
  let text = ''
  try {
    const answer = await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) })
    text = await answer.text()
    const { ok, status } = answer
    // Of a response the driver uses no more than this.
    return { ok, status, json: async (): Promise<unknown> => JSON.parse(text), text: async () => text }
  } finally {
    onTrip?.(Date.now() - began, text.length)
  }
}

/** Loaded by who asks the database: the app opens without it as long as the cache is warm. */
const open = async ({ url, fetchEndpoint, onTrip }: Options) => {
  const { neon, neonConfig } = await import('@neondatabase/serverless')
  if (fetchEndpoint) neonConfig.fetchEndpoint = fetchEndpoint
  neonConfig.fetchFunction = fetchCounted
  return neon(url, { fetchOptions: { onTrip } })
}

/** Neon's SQL over HTTP. */
export const neonLink = (options: Options): Link => {
  let sql: Awaited<ReturnType<typeof open>> | undefined
  return async (statements) => {
    // No request waits for what another one has begun.
    sql ??= await open(options)
    const client = sql
    const queries = statements.map((statement) => client.query(statement.sql, statement.params))
    const [only] = queries
    return only && queries.length === 1 ? [await only] : client.transaction(queries)
  }
}
