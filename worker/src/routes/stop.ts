import { newId } from '@macro-ai/shared'
import { Hono, type Context } from 'hono'
import { html } from 'hono/html'
import { isStopToken } from '../alerts/signing.ts'
import type { App } from '../middleware/context.ts'
import { limitAddress } from '../middleware/limit.ts'
import { Problem } from '../problem.ts'

const style = `:root { color-scheme: light dark } body { font: 17px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 15vh auto; padding: 0 1.25rem }
button { font: inherit; padding: .7rem 1.4rem; border: 0; border-radius: .5rem; background: #b3261e; color: #fff; cursor: pointer }`

const page = (title: string, content: ReturnType<typeof html>) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        <style>
          ${style}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${content}
      </body>
    </html>`

/** The link speaks for its owner: whoever holds it may pause, and nothing else. */
const check = async (c: Context<App>) => {
  const { settings, now } = c.var.deps
  const token = c.req.param('link') ?? ''
  if (!settings.SITE_SECRET || !(await isStopToken(settings.SITE_SECRET, token, now())))
    throw new Problem('not_found', { detail: 'This link is not good, or not any more.' })
  c.header(
    'content-security-policy',
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  )
}

/** The kill switch of an alert. Opening it, as mail scanners do, changes nothing. */
export const stopRoutes = new Hono<App>()
  .use(limitAddress)
  .get('/:link', async (c) => {
    await check(c)
    return c.html(
      page(
        'Stop all spending?',
        html`<p>No model is called any more, for anybody, until you switch it on again. Reading goes on.</p>
          <form method="post"><button>Stop everything</button></form>`,
      ),
    )
  })
  .post('/:link', async (c) => {
    await check(c)
    await c.var.deps.store.changeInstance(null, { paused: true }, newId())
    return c.html(
      page('Stopped', html`<p>Nothing is spent now. To go on, sign in and switch answers on again under Admin.</p>`),
    )
  })
