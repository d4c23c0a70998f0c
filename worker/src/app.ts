import { Hono, type Context } from 'hono'
import { cors } from 'hono/cors'
import { depsOf } from './deps.ts'
import { changes } from './middleware/changes.ts'
import type { App } from './middleware/context.ts'
import { safeHeaders } from './middleware/headers.ts'
import { countRequest } from './middleware/count.ts'
import { observe } from './middleware/observe.ts'
import { notFound, problems } from './middleware/problems.ts'
import { adminRoutes } from './routes/admin.ts'
import { assistantRoutes } from './routes/assistants.ts'
import { authRoutes } from './routes/auth.ts'
import { conversationRoutes } from './routes/conversations.ts'
import { docsRoutes } from './routes/docs.ts'
import { fileRoutes } from './routes/files.ts'
import { collectionRoutes, documentRoutes, libraryRoutes, memoryRoutes } from './routes/knowledge.ts'
import { keyRoutes } from './routes/keys.ts'
import { meRoutes } from './routes/me.ts'
import { searchRoutes } from './routes/search.ts'
import { sharedRoutes, shareRoutes } from './routes/sharing.ts'
import { spendingRoutes } from './routes/spending.ts'
import { systemRoutes } from './routes/system.ts'
import { statusRoutes } from './routes/status.ts'
import { stopRoutes } from './routes/stop.ts'
import { turnRoutes } from './routes/turns.ts'
import { v1Routes } from './routes/v1.ts'

/** The whole API: what every request passes through, then the routes. */
export const app = new Hono<App>()
  .use(observe)
  .use(safeHeaders)
  .use(async (c, next) => {
    if (c.req.path !== '/health') {
      c.set('deps', depsOf(c.env))
      countRequest(c.var.deps.tally, c.req.raw, c.var.deps.settings.SITE_SECRET)
    }
    await next()
  })
  .use(
    cors({
      // Asked for only where a page is: /health needs no settings.
      origin: (origin, c: Context<App>) =>
        origin && depsOf(c.env).settings.ALLOWED_ORIGINS.includes(origin) ? origin : null,
      allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
      allowHeaders: ['Authorization', 'Content-Type', 'Last-Event-ID'],
      exposeHeaders: ['Content-Disposition', 'X-Request-Id', 'Server-Timing', 'Retry-After'],
      maxAge: 7200,
    }),
  )
  .use(changes)
  .route('/health', systemRoutes)
  .route('/status', statusRoutes)
  .route('/auth', authRoutes)
  .route('/me', meRoutes)
  .route('/conversations', conversationRoutes)
  .route('/conversations', shareRoutes)
  .route('/shared', sharedRoutes)
  .route('/turns', turnRoutes)
  .route('/assistants', assistantRoutes)
  .route('/search', searchRoutes)
  .route('/files', fileRoutes)
  .route('/library', libraryRoutes)
  .route('/documents', documentRoutes)
  .route('/collections', collectionRoutes)
  .route('/memories', memoryRoutes)
  .route('/keys', keyRoutes)
  .route('/v1', v1Routes)
  .route('/stop', stopRoutes)
  .route('/admin', adminRoutes)
  .route('/', docsRoutes)
  .route('/', spendingRoutes)
  .onError(problems)
  .notFound(notFound)
