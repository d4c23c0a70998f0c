/** API Gateway and Lambda, as far as the code notices: every request becomes an event, and every answer comes whole. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import serverless from 'serverless-http'
import { app } from './app.ts'

type Result = { statusCode: number; headers: Record<string, string>; body: string; isBase64Encoded: boolean }
const handler = serverless(app, { binary: false }) as (event: object, context: object) => Promise<Result>

const server = createServer((request, response) => {
  const parts: Buffer[] = []
  request.on('data', (part: Buffer) => parts.push(part))
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    const event = {
      httpMethod: request.method,
      path: pathname,
      headers: request.headers,
      queryStringParameters: Object.fromEntries(searchParams),
      body: Buffer.concat(parts).toString(),
      isBase64Encoded: false,
      requestContext: {},
    }
    handler(event, {}).then(
      ({ statusCode, headers, body, isBase64Encoded }) => {
        response.writeHead(statusCode, headers)
        response.end(isBase64Encoded ? Buffer.from(body, 'base64') : body)
      },
      (error: unknown) => {
        console.error(error)
        response.writeHead(500).end()
      },
    )
  })
})
server.listen(0, '127.0.0.1', () => console.log(`original ${(server.address() as AddressInfo).port}`))
