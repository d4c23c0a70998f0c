import { newId, type Share, type SharedConversation, type ShareList, type ShareOptions } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { base64url, sha256 } from '../digest.ts'
import { Problem } from '../problem.ts'

type Needs = Pick<Deps, 'store' | 'settings' | 'now'>
type User = { id: string }

const mostLinks = 20
/** What a page can show, and a function of the site's host hand on. */
const mostBytes = 1_000_000
/** 192 bits: nobody guesses one, so a hash without salt is enough to keep. */
const tokenBytes = 24
const tokenPattern = /^[\w-]{32}$/

/** Makes a link to a copy of a conversation as it is now. Its token is told this once; only a hash of it is kept. */
export const share = async (
  { store, settings, now }: Needs,
  user: User,
  conversationId: string,
  { messageId, days }: ShareOptions,
): Promise<Share> => {
  const token = base64url(crypto.getRandomValues(new Uint8Array(tokenBytes)))
  const at = now()
  const expiresAt = new Date(at + days * 86_400_000)
  const verdict = await store.share({
    id: newId(at),
    userId: user.id,
    conversationId,
    messageId: messageId ?? null,
    digest: await sha256(token),
    now: new Date(at),
    expiresAt,
    mostLinks,
    mostBytes,
  })
  if (verdict === 'not_found') throw new Problem('not_found')
  if (verdict === 'too_many')
    throw new Problem('conflict', { detail: 'This conversation has as many links as it may. Stop sharing it first.' })
  if (verdict === 'too_large')
    throw new Problem('too_large', { detail: 'This is too long to be shared. Share it up to an earlier message.' })
  const url = new URL(`/shared/${token}`, settings.ALLOWED_ORIGINS[0])
  return { url: url.href, token, expiresAt: expiresAt.toISOString() }
}

export const sharesOf = async ({ store, now }: Needs, user: User, conversationId: string): Promise<ShareList> => {
  const list = await store.sharesOf(user.id, conversationId, new Date(now()))
  if (!list) throw new Problem('not_found')
  return list
}

/** Ends every link of a conversation, at once: nothing of it is cached anywhere. */
export const stopSharing = async ({ store, now }: Needs, user: User, conversationId: string): Promise<void> => {
  if (!(await store.revokeShares(user.id, conversationId, new Date(now())))) throw new Problem('not_found')
}

/** What a link shows. One that ended, was taken back or never was is not found, whichever of these it is. */
export const readShare = async (
  { store, now, models }: Needs & Pick<Deps, 'models'>,
  token: string,
): Promise<SharedConversation> => {
  const shared = tokenPattern.test(token) ? await store.readShare(await sha256(token), new Date(now())) : undefined
  if (!shared) throw new Problem('not_found', { detail: 'This link leads nowhere, or not any more.' })
  const labelOf = (model: string | null) => model && (models.get(model)?.label ?? model)
  const messages = shared.messages.map((message) => ({ ...message, modelLabel: labelOf(message.model) }))
  return { ...shared, messages }
}
