import type { NotFoundHandler } from 'hono'
import { log } from '../log.ts'
import { Problem } from '../problem.ts'
import { SettingsError } from '../settings.ts'
import type { App } from './context.ts'

/** The one place where an error becomes an answer. What is not a {@link Problem} stays in the log. */
export const problems = (
  error: Error,
  c: { var: Pick<App['Variables'], 'requestId'> & { deps?: App['Variables']['deps'] } },
): Response => {
  const requestId = c.var.requestId
  if (error instanceof Problem) return error.response(requestId)
  if (error instanceof SettingsError) {
    console.error(error.message)
    return new Problem('unavailable', {
      detail: 'This instance is not set up completely. Its owner finds the reason in the log.',
    }).response(requestId)
  }
  log.error('unexpected', { requestId, error: String(error), stack: error.stack })
  c.var.deps?.watch.failed('app', 'see unexpected')
  return new Problem('internal').response(requestId)
}

export const notFound: NotFoundHandler<App> = () => {
  throw new Problem('not_found', { detail: 'There is nothing at this address.' })
}
