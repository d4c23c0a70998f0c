import type { Target } from './faults.ts'

/** A request as the counters and a fault's `match` see it. */
export type Asked = { method: string; path: string; amzTarget: string | undefined; body: string }

/** The names under which a request is counted: a batch of statements or commands counts each. */
export const operations = (target: Target, asked: Asked): string[] => {
  switch (target) {
    case 'database':
      return statements(parsed(asked.body)).map(head)
    case 'cache':
      return commands(asked).map((command) => command.toUpperCase())
    case 'identity':
      return [asked.amzTarget?.split('.').at(-1) ?? `${asked.method} ${asked.path}`]
    case 'model':
      return [`${asked.method} ${asked.path.replace(/^\/openai/, '')}`]
  }
}

export const describe = ({ method, path, amzTarget = '', body }: Asked) => `${method} ${path} ${amzTarget}\n${body}`

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const statements = (body: unknown): string[] => {
  const { query, queries } = (body ?? {}) as { query?: unknown; queries?: unknown }
  if (Array.isArray(queries)) return queries.flatMap(statements)
  return typeof query === 'string' ? [query] : []
}

/** The statement's first words, without comments and quotes: `INSERT INTO messages VALUES`. */
const head = (sql: string) =>
  sql
    .slice(0, 2_000)
    .replace(/--.*$|\/\*[^]*?\*\/|"/gm, '')
    .trim()
    .split(/\s+/)
    .slice(0, 4)
    .join(' ')

const commands = ({ path, body }: Asked): string[] => {
  const content = parsed(body)
  if (!Array.isArray(content)) return [path.split('/')[2] ?? ''].filter(Boolean)
  const names = Array.isArray(content[0]) ? content.map((command: unknown[]) => command?.[0]) : [content[0]]
  return names.filter((name) => typeof name === 'string')
}
