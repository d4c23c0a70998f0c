import { createMiddleware } from 'hono/factory'
import type { App } from './context.ts'

/**
 * What keeps an answer from being anything but data in a browser, whatever address it is opened at. Pages that need
 * more, such as the docs, say so themselves.
 */
const headers = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  // Only stops pages of others from embedding an answer; what CORS lets the site read, it still reads.
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const safeHeaders = createMiddleware<App>(async (c, next) => {
  await next()
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.res.headers.set(name, value)
})
