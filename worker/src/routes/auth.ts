import { ChallengeAnswer, Confirm, OnlyEmail, RefreshToken, Reset, SignIn, SignUp } from '@macro-ai/shared'
import { Hono } from 'hono'
import { answerChallenge, refresh, signIn, signOut } from '../identity/sign-in.ts'
import { confirm, forgot, resend, reset, signUp } from '../identity/sign-up.ts'
import type { App } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { limitAddress } from '../middleware/limit.ts'

export const authRoutes = new Hono<App>()
  .use(limitAddress)
  .post('/sign-up', body(SignUp), async (c) => {
    await signUp(c.var.deps, c.var.body)
    return c.body(null, 202)
  })
  .post('/confirm', body(Confirm), async (c) => {
    await confirm(c.var.deps, c.var.body.email, c.var.body.code)
    return c.body(null, 204)
  })
  .post('/resend', body(OnlyEmail), async (c) => {
    await resend(c.var.deps, c.var.body.email)
    return c.body(null, 202)
  })
  .post('/sign-in', body(SignIn), async (c) => c.json(await signIn(c.var.deps, c.var.body.email, c.var.body.password)))
  .post('/challenge', body(ChallengeAnswer), async (c) => {
    const { email, session, code } = c.var.body
    return c.json(await answerChallenge(c.var.deps, email, session, code))
  })
  .post('/refresh', body(RefreshToken), async (c) => c.json(await refresh(c.var.deps, c.var.body.refreshToken)))
  .post('/sign-out', body(RefreshToken), async (c) => {
    await signOut(c.var.deps, c.var.body.refreshToken)
    return c.body(null, 204)
  })
  .post('/forgot', body(OnlyEmail), async (c) => {
    await forgot(c.var.deps, c.var.body.email)
    return c.body(null, 202)
  })
  .post('/reset', body(Reset), async (c) => {
    await reset(c.var.deps, c.var.body.email, c.var.body.code, c.var.body.password)
    return c.body(null, 204)
  })
