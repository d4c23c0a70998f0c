import { CognitoError } from './errors.ts'
import { forUser } from './operation.ts'
import { attributesOf, removeUser } from './pool.ts'
import { revokeAll } from './sessions.ts'
import { attributeList } from './sign-up.ts'
import type { User } from './store.ts'

/** Cognito leaves these two fields out altogether while no second factor is on. */
export const mfaSettings = ({ totp }: User) =>
  totp.enabled ? { UserMFASettingList: ['SOFTWARE_TOKEN_MFA'], PreferredMfaSetting: 'SOFTWARE_TOKEN_MFA' } : {}

const GetUser = forUser({}, (_pool, user) => ({
  Username: user.sub,
  UserAttributes: attributesOf(user),
  ...mfaSettings(user),
}))

const UpdateUserAttributes = forUser({ UserAttributes: attributeList }, (pool, user, { UserAttributes }) => {
  // `name` is all that the app client may write; an e-mail address is the account's identity here.
  if (UserAttributes.some(({ Name }) => Name !== 'name')) {
    throw new CognitoError('NotAuthorizedException', 'A client attempted to write unauthorized attribute')
  }
  user.name = UserAttributes.at(-1)?.Value ?? user.name
  user.updatedAt = pool.now()
  return { CodeDeliveryDetailsList: [] }
})

const GlobalSignOut = forUser({}, (pool, { sub }) => {
  revokeAll(pool, sub)
  return {}
})

const DeleteUser = forUser({}, (pool, user) => {
  removeUser(pool, user)
  return {}
})

export const accountOperations = { GetUser, UpdateUserAttributes, GlobalSignOut, DeleteUser }
