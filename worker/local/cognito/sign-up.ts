import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { assertCode, codeDelivery, confirmationCodeLifeMs } from './codes.ts'
import { CognitoError, invalidParameter } from './errors.ts'
import { hashPassword } from './hash.ts'
import { forClient, text } from './operation.ts'
import { assertPolicy } from './policy.ts'
import { findUser, type Pool } from './pool.ts'
import type { User } from './store.ts'

type NewUser = { email: string; name: string; password: string }

export const addUser = async (pool: Pool, { email, name, password }: NewUser): Promise<User> => {
  const user: User = {
    sub: randomUUID(),
    email: email.toLowerCase(),
    name,
    confirmed: false,
    enabled: true,
    password: await hashPassword(password),
    groups: [],
    createdAt: pool.now(),
    updatedAt: pool.now(),
    confirmationCodeExpiresAt: pool.now() + confirmationCodeLifeMs,
    resetCodeExpiresAt: null,
    totp: { pendingSecret: null, secret: null, enabled: false, lastStep: 0 },
  }
  pool.state.users.push(user)
  return user
}

export const confirm = (user: User) => {
  user.confirmed = true
  user.confirmationCodeExpiresAt = null
}

const emailLike = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
export const attributeList = z.array(z.object({ Name: z.string(), Value: z.string().max(2048) }))

const SignUp = forClient(
  { Username: text.max(128), Password: text.max(256), UserAttributes: attributeList.default([]) },
  async (pool, { Username, Password, UserAttributes }) => {
    if (!emailLike.test(Username)) throw invalidParameter('Username should be an email.')
    assertPolicy(Password)
    if (findUser(pool, Username)) throw new CognitoError('UsernameExistsException', 'User already exists')
    const name = UserAttributes.find(({ Name }) => Name === 'name')?.Value ?? ''
    const { sub } = await addUser(pool, { email: Username, name, password: Password })
    return { ...codeDelivery(Username), UserConfirmed: false, UserSub: sub }
  },
)

const ConfirmSignUp = forClient({ Username: text, ConfirmationCode: text }, (pool, { Username, ConfirmationCode }) => {
  const user = findUser(pool, Username)
  if (user?.confirmed) {
    throw new CognitoError('NotAuthorizedException', 'User cannot be confirmed. Current status is CONFIRMED')
  }
  assertCode(pool, user?.sub ?? Username, ConfirmationCode, user?.confirmationCodeExpiresAt ?? null)
  if (user) confirm(user)
  return {}
})

const ResendConfirmationCode = forClient({ Username: text }, (pool, { Username }) => {
  const user = findUser(pool, Username)
  if (user?.confirmed) throw invalidParameter('User is already confirmed.')
  if (user) user.confirmationCodeExpiresAt = pool.now() + confirmationCodeLifeMs
  return codeDelivery(user?.email ?? Username)
})

export const signUpOperations = { SignUp, ConfirmSignUp, ResendConfirmationCode }
