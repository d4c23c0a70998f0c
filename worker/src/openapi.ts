import { contract, ProblemBody, problems, type Endpoint, type ProblemCode } from '@macro-ai/shared'
import * as z from 'zod'

type Json = Record<string, unknown>

/** Codes that any route can answer with, by what it takes. */
const codesOf = (endpoint: Endpoint): ProblemCode[] => [
  ...(endpoint.query ? (['bad_request'] as const) : []),
  ...(endpoint.who === 'anybody' ? [] : (['unauthenticated'] as const)),
  ...(endpoint.who === 'admin' ? (['forbidden'] as const) : []),
  ...(endpoint.path.includes('{') ? (['not_found'] as const) : []),
  ...(endpoint.body ? (['bad_request', 'too_large', 'unsupported_type', 'invalid'] as const) : []),
  ...(endpoint.problems ?? []),
  'rate_limited',
  'internal',
  'unavailable',
]

/** Gives the JSON Schema of a zod schema; the parts that have a name are collected in `named` and referred to. */
const describer =
  (named: Json) =>
  (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const json = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }))
    const { $schema: _, $defs, ...rest } = JSON.parse(json.replaceAll('#/$defs/', '#/components/schemas/')) as Json
    Object.assign(named, $defs)
    return rest
  }
type SchemaOf = ReturnType<typeof describer>

const content = (answer: Endpoint['answer'], schemaOf: SchemaOf): Json => {
  if (answer === undefined) return {}
  if (answer === 'events') return { content: { 'text/event-stream': { schema: { type: 'string' } } } }
  if (answer === 'lines') return { content: { 'application/x-ndjson': { schema: { type: 'string' } } } }
  if (answer === 'csv') return { content: { 'text/csv': { schema: { type: 'string' } } } }
  if (answer === 'file') return { content: { 'application/octet-stream': { schema: {} } } }
  if (answer === 'page') return { content: { 'text/html': { schema: { type: 'string' } } } }
  return { content: { 'application/json': { schema: schemaOf(answer, 'output') } } }
}

const parametersOf = ({ path, query }: Endpoint, schemaOf: SchemaOf): Json[] => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'token' ? { type: 'string' } : { type: 'string', format: 'uuid' },
  }))
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: !(schema as z.ZodType).safeParse(undefined).success,
    schema: schemaOf(schema as z.ZodType, 'input'),
  }))
  return [...inPath, ...inQuery]
}

const operationOf = (endpoint: Endpoint, schemaOf: SchemaOf): Json => {
  const failures = [...new Set(codesOf(endpoint))].map((code) => [
    String(problems[code].status),
    {
      description: problems[code].title,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ])
  return {
    summary: endpoint.summary,
    tags: [endpoint.path.split('/')[1]],
    ...(endpoint.who === 'anybody' ? { security: [] } : {}),
    parameters: parametersOf(endpoint, schemaOf),
    ...(endpoint.body
      ? {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } },
          },
        }
      : {}),
    ...(endpoint.upload
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(endpoint.upload.map((type) => [type, { schema: {} }])),
          },
        }
      : {}),
    responses: {
      [endpoint.status]: { description: 'Good', ...content(endpoint.answer, schemaOf) },
      ...Object.fromEntries(failures),
    },
  }
}

/** The API as OpenAPI 3.1, from the schemas that the Worker checks requests with. */
export const openapi = (server: string): Json => {
  const paths: Record<string, Json> = {}
  const schemas: Json = {}
  const schemaOf = describer(schemas)
  for (const endpoint of contract) (paths[endpoint.path] ??= {})[endpoint.method] = operationOf(endpoint, schemaOf)
  schemaOf(ProblemBody, 'output')
  return {
    openapi: '3.1.0',
    info: { title: 'Macro AI', version: '1.0.0', description: 'AI chat that costs what you said it may, and no more.' },
    servers: [{ url: server }],
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Cognito access token' },
      },
      schemas,
    },
  }
}
