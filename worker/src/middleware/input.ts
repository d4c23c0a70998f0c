import { createMiddleware } from 'hono/factory'
import type * as z from 'zod'
import { Problem } from '../problem.ts'
import type { App } from './context.ts'

const maxDepth = 32

/** Reads a body up to a size, and gives up as soon as it is larger, whatever its headers say. */
export const readBytes = async (request: Request, maxBytes: number): Promise<Uint8Array> => {
  const tooLarge = () => new Problem('too_large', { detail: `The body may have at most ${maxBytes} bytes.` })
  const told = Number(request.headers.get('content-length') ?? 0)
  if (told > maxBytes) throw tooLarge()
  // HTTP holds a body to the length that it told, and in one piece it costs a script next to nothing.
  if (told > 0) {
    const whole = new Uint8Array(await request.arrayBuffer())
    if (whole.byteLength > maxBytes) throw tooLarge()
    return whole
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.byteLength
  }
  return bytes
}

const readText = async (request: Request, maxBytes: number): Promise<string> => {
  const bytes = await readBytes(request, maxBytes)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes)
  } catch {
    throw new Problem('bad_request', { detail: 'The body is not UTF-8.' })
  }
}

const stringStop = /["\\]/g

/** Where a string ends that goes on at a place; found in one leap, as it may be a picture. */
const endOfString = (text: string, from: number): number => {
  stringStop.lastIndex = from
  for (let found = stringStop.exec(text); found; found = stringStop.exec(text)) {
    if (found[0] === '"') return found.index
    stringStop.lastIndex = found.index + 2
  }
  return text.length
}

/** How deep brackets nest, counted without building anything. */
const depthOf = (text: string): number => {
  let depth = 0
  let deepest = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') at = endOfString(text, at + 1)
    else if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}

const parse = (text: string): unknown => {
  if (depthOf(text) > maxDepth) throw new Problem('bad_request', { detail: 'The body is nested too deeply.' })
  try {
    return JSON.parse(text)
  } catch {
    throw new Problem('bad_request', { detail: 'The body is not JSON.' })
  }
}

const checked = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  code: 'invalid' | 'bad_request',
): z.infer<Schema> => {
  const read = schema.safeParse(value)
  if (read.success) return read.data
  const errors = read.error.issues.slice(0, 20).map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new Problem(code, { errors })
}

type WithBody<Schema extends z.ZodType> = {
  Bindings: App['Bindings']
  Variables: App['Variables'] & { body: z.infer<Schema> }
}

const readBody = async <Schema extends z.ZodType>(request: Request, schema: Schema, maxBytes: number) => {
  const type = request.headers.get('content-type') ?? ''
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type))
    throw new Problem('unsupported_type', { detail: 'Send application/json.' })
  return checked(schema, parse(await readText(request, maxBytes)), 'invalid')
}

/** Reads and checks a JSON body; the handler finds it in `c.var.body`. */
export const body = <Schema extends z.ZodType>(schema: Schema, maxBytes = 64 * 1024) =>
  createMiddleware<WithBody<Schema>>(async (c, next) => {
    c.set('body', await readBody(c.req.raw, schema, maxBytes))
    await next()
  })

/** The same where all of the body may be left out, and then the body itself. */
export const optionalBody = <Schema extends z.ZodType>(schema: Schema, maxBytes = 64 * 1024) =>
  createMiddleware<WithBody<Schema>>(async (c, next) => {
    const request = c.req.raw
    // A POST without a body is sent with one of length 0.
    const isAbsent = !request.headers.has('content-type') && (await readBytes(request.clone(), maxBytes)).length === 0
    c.set('body', isAbsent ? checked(schema, {}, 'invalid') : await readBody(request, schema, maxBytes))
    await next()
  })

/** Checks the query; the handler finds it in `c.var.query`. */
export const query = <Schema extends z.ZodType>(schema: Schema) =>
  createMiddleware<{ Bindings: App['Bindings']; Variables: App['Variables'] & { query: z.infer<Schema> } }>(
    async (c, next) => {
      c.set('query', checked(schema, c.req.query(), 'bad_request'))
      await next()
    },
  )
