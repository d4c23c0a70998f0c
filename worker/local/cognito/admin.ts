import { z } from 'zod'
import { mfaSettings } from './account.ts'
import { CognitoError, invalidParameter, unknownUser } from './errors.ts'
import { forAdmin, text } from './operation.ts'
import { attributesOf, findUser, poolGroups, removeUser, type Pool } from './pool.ts'
import { revokeAll } from './sessions.ts'
import type { User } from './store.ts'

const summary = (user: User) => ({
  Username: user.sub,
  Enabled: user.enabled,
  UserStatus: user.confirmed ? 'CONFIRMED' : 'UNCONFIRMED',
  UserCreateDate: user.createdAt / 1000,
  UserLastModifiedDate: user.updatedAt / 1000,
})

/** An operation on one named user that answers `{}` unless `run` says otherwise. */
const onUser = (run: (pool: Pool, user: User) => object | void) =>
  forAdmin({ Username: text }, (pool, { Username }) => {
    const user = findUser(pool, Username)
    if (!user) throw unknownUser()
    return run(pool, user) ?? {}
  })

const onMembership = (change: (groups: string[], group: string) => string[]) =>
  forAdmin({ Username: text, GroupName: text }, (pool, { Username, GroupName }) => {
    const user = findUser(pool, Username)
    if (!user) throw unknownUser()
    if (!poolGroups.includes(GroupName)) throw new CognitoError('ResourceNotFoundException', 'Group not found.')
    user.groups = change(user.groups, GroupName)
    return {}
  })

const AdminGetUser = onUser((_pool, user) => ({
  ...summary(user),
  UserAttributes: attributesOf(user),
  ...mfaSettings(user),
}))

const AdminDeleteUser = onUser(removeUser)
const AdminUserGlobalSignOut = onUser((pool, { sub }) => revokeAll(pool, sub))

const AdminDisableUser = onUser((pool, user) => {
  user.enabled = false
  revokeAll(pool, user.sub)
})

const AdminEnableUser = onUser((_pool, user) => {
  user.enabled = true
})

const AdminListGroupsForUser = onUser((pool, { groups }) => ({
  Groups: groups.map((GroupName) => ({ GroupName, UserPoolId: pool.id })),
}))

const AdminAddUserToGroup = onMembership((groups, group) => [...new Set([...groups, group])])
const AdminRemoveUserFromGroup = onMembership((groups, group) => groups.filter((one) => one !== group))

const filterShape = /^"?(sub|email)"?\s*=\s*"([^"]*)"$/

const matching = (users: User[], filter: string | undefined) => {
  if (!filter) return users
  const [, field, value] = filterShape.exec(filter) ?? []
  if (field !== 'sub' && field !== 'email') throw invalidParameter('Error while parsing filter.')
  return users.filter((user) => user[field] === value)
}

const ListUsers = forAdmin(
  {
    Limit: z.number().int().min(1).max(60).default(60),
    PaginationToken: z.string().regex(/^\d+$/).default('0'),
    Filter: z.string().optional(),
  },
  ({ state }, { Limit, PaginationToken, Filter }) => {
    const users = matching(state.users, Filter)
    const end = Number(PaginationToken) + Limit
    const Users = users.slice(Number(PaginationToken), end)
    return {
      Users: Users.map((user) => ({ ...summary(user), Attributes: attributesOf(user) })),
      ...(end < users.length && { PaginationToken: String(end) }),
    }
  },
)

const DescribeUserPool = forAdmin({}, ({ id, state }) => ({
  UserPool: {
    Id: id,
    Name: 'macro-ai-local',
    EstimatedNumberOfUsers: state.users.length,
    MfaConfiguration: 'OPTIONAL',
    UsernameAttributes: ['email'],
  },
}))

export const adminOperations = {
  AdminGetUser,
  AdminDeleteUser,
  AdminDisableUser,
  AdminEnableUser,
  AdminUserGlobalSignOut,
  AdminAddUserToGroup,
  AdminRemoveUserFromGroup,
  AdminListGroupsForUser,
  ListUsers,
  DescribeUserPool,
}
