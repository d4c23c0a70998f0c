import type {
  Conversation,
  ConversationPage,
  ConversationPatch,
  ConversationQuery,
  Message,
  MessagesPage,
  OpenConversation,
} from '@macro-ai/shared'
import type { Found } from '../adapters/cache.ts'
import type { ListPage } from '../adapters/database/lists.ts'
import type { SignedIn } from '../adapters/tokens.ts'
import type { Peek } from '../chat/chat.ts'
import type { Deps } from '../deps.ts'
import { personSlot, standing } from '../identity/standing.ts'
import { Problem } from '../problem.ts'
import { checkModel } from '../spending/chosen.ts'
import { readCursor, readMessageCursor } from './cursor.ts'
import { pageOf, pageSlot } from './pages.ts'
import { undoMs } from './purge.ts'

type Needs = Pick<Deps, 'store' | 'pages' | 'now'>
type ListNeeds = Needs & Pick<Deps, 'cache' | 'cognito' | 'settings'>
type User = { id: string }
/** Asks the object that runs a conversation about an answer that is not in the database yet. */
export type PeekAt = (conversationId: string, turnId: string) => Promise<Peek>

const pageSize = 50

/**
 * The first page comes from the cache where it can; the rest, the archive and what was deleted from the database. Whether
 * the token still stands is read in the same command.
 */
export const listConversations = async (
  needs: ListNeeds,
  user: SignedIn,
  { view, cursor, limit }: ConversationQuery,
): Promise<ConversationPage> => {
  const { store, pages, cache, now } = needs
  const isFirst = view === 'active' && cursor === undefined && limit === pageSize
  const person = personSlot(user.id)
  const slots = { person, page: pageSlot(user.id) }
  const kept: Found<typeof slots> = await cache.find(isFirst ? slots : { person })
  await standing(needs, user, kept.person)
  if (kept.page) return { items: kept.page.items, nextCursor: kept.page.nextCursor }
  const page = await store.listConversations({
    userId: user.id,
    view: view === 'deleted' ? { deletedSince: new Date(now() - undoMs) } : view,
    limit,
    after: cursor ? readCursor(cursor) : null,
  })
  if (isFirst) await pages.keep(user.id, page)
  return pageOf(page)
}

export const openConversation = async (
  needs: Needs,
  user: User,
  id: string,
  peek: PeekAt,
): Promise<OpenConversation> => {
  const thread = await needs.store.openThread(user.id, id, null, pageSize)
  if (!thread) throw new Problem('not_found')
  return {
    conversation: thread.conversation,
    messages: await withLive(thread.messages, id, peek),
    olderCursor: thread.olderThan,
  }
}

export const olderMessages = async (
  { store }: Needs,
  user: User,
  id: string,
  before: string,
  peek: PeekAt,
): Promise<MessagesPage> => {
  const thread = await store.openThread(user.id, id, readMessageCursor(before), pageSize)
  if (!thread) throw new Problem('not_found')
  return { messages: await withLive(thread.messages, id, peek), olderCursor: thread.olderThan }
}

/** What the database still calls streaming is asked of whoever writes it; if nobody does any more, that also ends it. */
const withLive = (messages: Message[], conversationId: string, peek: PeekAt): Promise<Message[]> =>
  Promise.all(
    messages.map(async (message) => {
      if (message.status !== 'streaming' || !message.turnId) return message
      const live = await peek(conversationId, message.turnId)
      return live ? { ...message, ...live } : message
    }),
  )

export const changeConversation = async (
  needs: Needs & Pick<Deps, 'models'>,
  user: User,
  id: string,
  patch: ConversationPatch,
): Promise<Conversation> => {
  const { store, pages, now } = needs
  checkModel(needs, patch.model)
  return kept(pages, user, () => store.changeConversation(user.id, id, patch, new Date(now())))
}

export const deleteConversation = ({ store, pages, now }: Needs, user: User, id: string) =>
  kept(pages, user, () => store.deleteConversation(user.id, id, new Date(now())))

export const restoreConversation = ({ store, pages, now }: Needs, user: User, id: string) =>
  kept(pages, user, () => store.restoreConversation(user.id, id, new Date(now() - undoMs)))

const kept = async (
  pages: Needs['pages'],
  user: User,
  change: () => Promise<{ conversation: Conversation | undefined; page: ListPage }>,
): Promise<Conversation> => {
  const { conversation, page } = await pages.changing(user.id, change)
  // Also where there is no such conversation: the list that has it is one from before.
  await pages.change(user.id, page)
  if (!conversation) throw new Problem('not_found')
  return conversation
}
