import {
  ChallengeAnswer,
  Confirm,
  OnlyEmail,
  PasswordChange,
  RefreshToken,
  Reset,
  SignIn,
  SignUp,
  TotpCode,
} from '@macro-ai/shared'
import { Hono } from 'hono'
import { changePassword, dropTotp, hasTotp, newTotp, signOutEverywhere, verifyTotp } from '../identity/account.ts'
import { reset } from '../identity/reset.ts'
import { answerChallenge, refresh, signIn, signOut } from '../identity/sign-in.ts'
import { confirm, forgot, resend, signUp } from '../identity/sign-up.ts'
import type { App, SignedInApp } from '../middleware/context.ts'
import { body } from '../middleware/input.ts'
import { limitAddress, limited, limitedUser } from '../middleware/limit.ts'
import { unlessResting } from '../middleware/resting.ts'
import { signedIn, tokenHolder } from '../middleware/signed-in.ts'

/** For who is not signed in yet. */
const publicRoutes = new Hono<App>()
  .post('/sign-up', unlessResting('sign-up'), body(SignUp), limited('sign-up'), async (c) => {
    await signUp(c.var.deps, c.var.body)
    return c.body(null, 202)
  })
  .post('/confirm', body(Confirm), limited('code'), async (c) => {
    await confirm(c.var.deps, c.var.body.email, c.var.body.code)
    return c.body(null, 204)
  })
  .post('/resend', body(OnlyEmail), limited('mail'), async (c) => {
    await resend(c.var.deps, c.var.body.email)
    return c.body(null, 202)
  })
  .post('/sign-in', body(SignIn), limited('sign-in'), async (c) =>
    c.json(await signIn(c.var.deps, c.var.body.email, c.var.body.password)),
  )
  .post('/challenge', body(ChallengeAnswer), limited('sign-in'), async (c) => {
    const { email, session, code } = c.var.body
    return c.json(await answerChallenge(c.var.deps, email, session, code))
  })
  .post('/refresh', body(RefreshToken), async (c) => c.json(await refresh(c.var.deps, c.var.body.refreshToken)))
  .post('/sign-out', body(RefreshToken), async (c) => {
    await signOut(c.var.deps, c.var.body.refreshToken)
    return c.body(null, 204)
  })
  .post('/forgot', body(OnlyEmail), limited('mail'), async (c) => {
    await forgot(c.var.deps, c.var.body.email)
    return c.body(null, 202)
  })
  .post('/reset', body(Reset), limited('code'), async (c) => {
    await reset(c.var.deps, c.var.body.email, c.var.body.code, c.var.body.password)
    return c.body(null, 204)
  })

/** For changing how one signs in. */
const ownRoutes = new Hono<SignedInApp>()
  .post('/password', signedIn, body(PasswordChange), limitedUser('password'), async (c) => {
    await changePassword(c.var.deps, c.var.user, c.var.body.current, c.var.body.next)
    return c.body(null, 204)
  })
  .get('/totp', signedIn, async (c) => c.json({ enabled: await hasTotp(c.var.deps, c.var.user) }))
  .post('/totp', signedIn, async (c) => c.json(await newTotp(c.var.deps, c.var.user)))
  .post('/totp/verify', signedIn, body(TotpCode), limitedUser('code'), async (c) => {
    await verifyTotp(c.var.deps, c.var.user, c.var.body.code)
    return c.body(null, 204)
  })
  .delete('/totp', signedIn, async (c) => {
    await dropTotp(c.var.deps, c.var.user)
    return c.body(null, 204)
  })
  // Also for a token that is out already: whoever did not hear the answer may ask again.
  .post('/sign-out-everywhere', tokenHolder, async (c) => {
    await signOutEverywhere(c.var.deps, c.var.user)
    return c.body(null, 204)
  })

export const authRoutes = new Hono<App>().use(limitAddress).route('/', publicRoutes).route('/', ownRoutes)
