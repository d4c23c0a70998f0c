import { contract, OpenAiError, ProblemBody, problems, type Endpoint, type ProblemCode } from '@macro-ai/shared'
import * as z from 'zod'

type Json = Record<string, unknown>

/** Codes that any route can answer with, by what it takes. */
const codesOf = (endpoint: Endpoint): ProblemCode[] => [
  ...(endpoint.query || endpoint.headers ? (['bad_request'] as const) : []),
  ...(endpoint.who === 'anybody' ? [] : (['unauthenticated', 'forbidden'] as const)),
  ...(endpoint.path.includes('{') ? (['not_found'] as const) : []),
  ...(endpoint.body ? (['bad_request', 'too_large', 'unsupported_type'] as const) : []),
  ...(endpoint.body && endpoint.who === 'key' ? (['not_found', 'upstream_failed'] as const) : []),
  ...(endpoint.body && endpoint.who !== 'key' ? (['invalid'] as const) : []),
  ...(endpoint.problems ?? []),
  'rate_limited',
  'internal',
  'unavailable',
]

/** Gives the JSON Schema of a zod schema; the parts that have a name are collected in `named` and referred to. */
const describer =
  (named: Json) =>
  (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }))
    const { $schema: _, $defs, ...rest } = JSON.parse(text.replaceAll('#/$defs/', '#/components/schemas/')) as Json
    Object.assign(named, $defs)
    return rest
  }
type SchemaOf = ReturnType<typeof describer>

const mediaTypes = {
  events: 'text/event-stream',
  lines: 'application/x-ndjson',
  csv: 'text/csv',
  file: '*/*',
  page: 'text/html',
}

const content = ({ answer, alsoAs }: Endpoint, schemaOf: SchemaOf): Json => {
  if (answer === undefined) return {}
  const asText = (type: string) => ({ [type]: { schema: type === '*/*' ? {} : { type: 'string' } } })
  const types = typeof answer === 'string' ? asText(mediaTypes[answer]) : json(schemaOf(answer, 'output'))
  return { content: { ...types, ...(alsoAs && asText(alsoAs)) } }
}

const json = (schema: Json) => ({ 'application/json': { schema } })

const parametersOf = ({ path, query, headers }: Endpoint, schemaOf: SchemaOf): Json[] => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: /id$/i.test(String(name)) ? { type: 'string', format: 'uuid' } : { type: 'string' },
  }))
  const listed = (place: string, object?: Endpoint['query']) =>
    Object.entries(object?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: place,
      required: !(schema as z.ZodType).safeParse(undefined).success,
      schema: schemaOf(schema as z.ZodType, 'input'),
    }))
  return [...inPath, ...listed('query', query), ...listed('header', headers)]
}

/** How an error is told: as a problem, or in the words of those whose API it is. */
const problemTypes = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } }
const openAiTypes = json({ $ref: '#/components/schemas/OpenAIError' })

const operationOf = (endpoint: Endpoint, schemaOf: SchemaOf): Json => {
  const { who, degraded } = endpoint
  const failures = [...new Set(codesOf(endpoint))].map((code) => [
    String(problems[code].status),
    {
      description: problems[code].title,
      content: {
        ...(who === 'key' ? openAiTypes : problemTypes),
        ...(degraded && code === 'unavailable' && json(schemaOf(degraded, 'output'))),
      },
    },
  ])
  return {
    summary: endpoint.summary,
    tags: [endpoint.path.split('/')[1]],
    ...(who === 'anybody' && { security: [] }),
    ...(who === 'key' && { security: [{ apiKey: [] }] }),
    parameters: parametersOf(endpoint, schemaOf),
    ...(endpoint.body && {
      requestBody: { required: !endpoint.optionalBody, content: json(schemaOf(endpoint.body, 'input')) },
    }),
    ...(endpoint.upload && {
      requestBody: {
        required: true,
        content: Object.fromEntries(endpoint.upload.map((type) => [type, { schema: {} }])),
      },
    }),
    responses: {
      [endpoint.status]: { description: 'Good', ...content(endpoint, schemaOf) },
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
  for (const error of [ProblemBody, OpenAiError]) schemaOf(error, 'output')
  return {
    openapi: '3.1.0',
    info: { title: 'Macro AI', version: '1.0.0', description: 'AI chat that costs what you said it may, and no more.' },
    servers: [{ url: server }],
    security: [{ accessToken: [] }],
    paths,
    components: {
      securitySchemes: {
        accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Cognito access token' },
        apiKey: { type: 'http', scheme: 'bearer', description: 'A key of /keys: mk_…' },
      },
      schemas,
    },
  }
}
