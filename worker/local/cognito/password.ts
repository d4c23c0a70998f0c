import { attempts } from './attempts.ts'
import { assertCode, codeDelivery, resetCodeLifeMs } from './codes.ts'
import { wrongCredentials } from './errors.ts'
import { hashPassword, passwordMatches } from './hash.ts'
import { forClient, forUser, text } from './operation.ts'
import { assertPolicy } from './policy.ts'
import { findUser, type Pool } from './pool.ts'
import type { User } from './store.ts'

/** Tokens given out before stay valid, as at AWS: who wants them gone calls GlobalSignOut as well. */
const setPassword = async (pool: Pool, user: User, password: string) => {
  user.password = await hashPassword(password)
  user.updatedAt = pool.now()
}

const ForgotPassword = forClient({ Username: text }, (pool, { Username }) => {
  const user = findUser(pool, Username)
  // Nobody else's proof of the address exists before confirmation, so there is nowhere to send a code.
  if (user?.confirmed && user.enabled) user.resetCodeExpiresAt = pool.now() + resetCodeLifeMs
  return codeDelivery(user?.email ?? Username)
})

const ConfirmForgotPassword = forClient(
  { Username: text, ConfirmationCode: text, Password: text.max(256) },
  async (pool, { Username, ConfirmationCode, Password }) => {
    assertPolicy(Password)
    const user = findUser(pool, Username)
    assertCode(pool, user?.sub ?? Username, ConfirmationCode, user?.resetCodeExpiresAt ?? null)
    if (!user) throw wrongCredentials()
    user.resetCodeExpiresAt = null
    attempts(pool, 'password', user.sub).succeeded()
    await setPassword(pool, user, Password)
    return {}
  },
)

const ChangePassword = forUser(
  { PreviousPassword: text.max(256), ProposedPassword: text.max(256) },
  async (pool, user, { PreviousPassword, ProposedPassword }) => {
    assertPolicy(ProposedPassword)
    const tries = attempts(pool, 'password', user.sub)
    tries.assertAllowed()
    if (!(await passwordMatches(PreviousPassword, user.password))) {
      tries.failed()
      throw wrongCredentials()
    }
    tries.succeeded()
    await setPassword(pool, user, ProposedPassword)
    return {}
  },
)

export const passwordOperations = { ForgotPassword, ConfirmForgotPassword, ChangePassword }
