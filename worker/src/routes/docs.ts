import { contract, problems, type Endpoint } from '@macro-ai/shared'
import { Hono } from 'hono'
import { html } from 'hono/html'
import type { App } from '../middleware/context.ts'
import { limitAddress } from '../middleware/limit.ts'
import { openapi } from '../openapi.ts'

/** The description does not change while an isolate lives; only the address it is served from may differ. */
let described: { server: string; text: string } | undefined

const describe = (server: string) => {
  if (described?.server !== server) described = { server, text: JSON.stringify(openapi(server)) }
  return described.text
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#ddd9d2, #3a3833); --soft: light-dark(#f5f3ef, #23221f); }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 52rem; margin: 2.5rem auto; padding: 0 1.25rem; background: light-dark(#fdfcfa, #191816); color: light-dark(#23211d, #e9e6e0); }
h1 { font-size: 1.7rem; } h2 { margin-top: 2.5rem; font-size: 1.15rem; text-transform: capitalize; }
article { border-top: 1px solid var(--line); padding: 0.9rem 0; } article h3 { margin: 0; font: 600 0.95rem ui-monospace, monospace; }
b { display: inline-block; min-width: 4.5rem; color: light-dark(#0b6b57, #6fd3b8); } p { margin: 0.25rem 0; }
pre { background: var(--soft); padding: 0.7rem; border-radius: 0.5rem; overflow-x: auto; font-size: 0.82rem; } small { color: light-dark(#6a655c, #a49e93); }
table { border-collapse: collapse; } td { border-top: 1px solid var(--line); padding: 0.25rem 1rem 0.25rem 0; }`

type Description = {
  paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema: unknown }> } }>>
  components: { schemas: Record<string, unknown> }
}

/** The body's schema as text, with what it refers to in place. */
const bodyOf = ({ paths, components }: Description, { method, path }: Endpoint): string | undefined => {
  const schema = paths[path]?.[method]?.requestBody?.content['application/json']?.schema
  const inPlace = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && '$ref' in value
      ? components.schemas[String(value.$ref).replace(/.*\//, '')]
      : value
  return JSON.stringify(schema, inPlace, 2)
}

const endpointCard = (description: Description) => (endpoint: Endpoint) => {
  const schema = bodyOf(description, endpoint)
  return html`<article id="${endpoint.method}${endpoint.path}">
    <h3><b>${endpoint.method.toUpperCase()}</b>${endpoint.path}</h3>
    <p>${endpoint.summary}</p>
    <small
      >${endpoint.who} · answers ${endpoint.status}${endpoint.answer === 'events' ? ', a stream of events' : ''}</small
    >
    ${
      schema
        ? html`<details>
            <summary>Body</summary>
            <pre>${schema}</pre>
          </details>`
        : ''
    }
  </article>`
}

const page = (description: Description) => {
  const groups = Map.groupBy(contract, ({ path }) => path.split('/')[1] ?? '')
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Macro AI: the API</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>Macro AI: the API</h1>
        <p>
          JSON, camelCase, UTF-8. Sign in at <code>/auth/sign-in</code> and send
          <code>Authorization: Bearer &lt;access token&gt;</code>. Money is in micro-dollars. The machine-readable
          description is <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).
        </p>
        ${[...groups].map(
          ([name, endpoints]) =>
            html`<h2>${name}</h2>
              ${endpoints.map(endpointCard(description))}`,
        )}
        <h2>Problems</h2>
        <p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes:</p>
        <table>
          ${Object.entries(problems).map(
            ([code, { status, title }]) =>
              html`<tr>
                <td>${status}</td>
                <td><code>${code}</code></td>
                <td>${title}</td>
              </tr>`,
          )}
        </table>
      </body>
    </html>`
}

export const docsRoutes = new Hono<App>()
  .get('/openapi.json', limitAddress, (c) => {
    const text = describe(new URL(c.req.url).origin)
    return c.body(text, 200, { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' })
  })
  .get('/docs', limitAddress, (c) => {
    c.header('cache-control', 'public, max-age=300')
    c.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    return c.html(page(JSON.parse(describe(new URL(c.req.url).origin)) as Description))
  })
