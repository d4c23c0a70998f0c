import { newId, type Invite, type InviteOptions, type PageQuery } from '@macro-ai/shared'
import { pageById, readMessageCursor } from '../conversations/cursor.ts'
import type { Deps } from '../deps.ts'
import { sha256 } from '../digest.ts'
import { Problem } from '../problem.ts'

type Needs = Pick<Deps, 'store'>

/** Letters and digits that nobody mixes up. */
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ23456789'
const codeLength = 20

const newCode = (): string => {
  // Bytes past the last whole multiple of the alphabet would favour its first letters.
  const fair = Math.floor(256 / alphabet.length) * alphabet.length
  let code = ''
  while (code.length < codeLength)
    for (const byte of crypto.getRandomValues(new Uint8Array(codeLength)))
      if (byte < fair && code.length < codeLength) code += alphabet[byte % alphabet.length] ?? ''
  return code
}

/** 98 random bits need no salt. Case and dashes do not count. */
export const codeDigest = (code: string): Promise<string> => sha256(code.toUpperCase().replace(/[^A-Z0-9]/g, ''))

/** An invitation. Its code is told this once; only a hash of it is kept. */
export const makeInvite = async (
  { store, settings, now }: Needs & Pick<Deps, 'settings' | 'now'>,
  user: { id: string },
  { maxUses, days }: InviteOptions,
): Promise<Invite> => {
  const code = newCode().match(/.{5}/g)?.join('-') ?? ''
  const expiresAt = new Date(now() + days * 86_400_000)
  const id = newId()
  await store.addInvite({
    id,
    auditId: newId(),
    createdBy: user.id,
    digest: await codeDigest(code),
    maxUses,
    expiresAt,
  })
  const url = new URL('/sign-up', settings.ALLOWED_ORIGINS[0])
  url.searchParams.set('invite', code)
  return { id, code, url: url.href, maxUses, expiresAt: expiresAt.toISOString() }
}

export const listInvites = async ({ store }: Needs, { cursor, limit }: PageQuery) =>
  pageById((await store.listInvites(cursor ? readMessageCursor(cursor) : null, limit)) ?? [], limit)

/** Takes an invitation back, at once. Sign-ups that hold a use of it go on. */
export const revokeInvite = async ({ store }: Needs, user: { id: string }, id: string): Promise<void> => {
  if ((await store.revokeInvite(user.id, id, newId())) === undefined) throw new Problem('not_found')
}
