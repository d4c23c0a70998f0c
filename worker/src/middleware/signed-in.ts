import { createMiddleware } from 'hono/factory'
import type { Context } from 'hono'
import type { SignedIn } from '../adapters/tokens.ts'
import { currentStanding } from '../identity/standing.ts'
import { Problem } from '../problem.ts'
import type { SignedInApp } from './context.ts'
import { countAddress } from './limit.ts'

/** Whose Cognito access token a request brings, in this header and nowhere else, within their burst limit. */
const holderOf = async (c: Context<SignedInApp>): Promise<SignedIn> => {
  const [, token] = /^Bearer ([\w.~+/-]{1,8192}=*)$/i.exec(c.req.header('authorization') ?? '') ?? []
  const user = token === undefined ? undefined : await c.var.deps.tokens.verify(token).catch(guesses(c))
  if (!user) {
    await countAddress(c)
    throw new Problem('unauthenticated')
  }
  const { success } = await c.env.LIMIT_USER.limit({ key: user.id })
  if (!success) throw new Problem('rate_limited', { retryAfterSeconds: 60 })
  return user
}

/** A token that is not good counts against the address it came from. */
const guesses = (c: Context<SignedInApp>) => async (error: unknown) => {
  if (error instanceof Problem && error.code === 'unauthenticated') await countAddress(c)
  throw error
}

/**
 * Lets in who brings a good token, without asking whether it was signed out or its holder disabled since. Only for
 * routes that ask themselves, in a command or statement they make anyway.
 */
export const tokenHolder = createMiddleware<SignedInApp>(async (c, next) => {
  c.set('user', await holderOf(c))
  await next()
})

/** Lets in who brings a good token that still stands. */
export const signedIn = createMiddleware<SignedInApp>(async (c, next) => {
  const user = await holderOf(c)
  await currentStanding(c.var.deps, user)
  c.set('user', user)
  await next()
})

export const adminOnly = createMiddleware<SignedInApp>(async (c, next) => {
  if (!c.var.user.admin) throw new Problem('forbidden')
  await next()
})
