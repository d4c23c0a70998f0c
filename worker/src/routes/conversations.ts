import { ConversationPatch, ConversationQuery, ExportQuery, Id, MessagesQuery } from '@macro-ai/shared'
import { Hono } from 'hono'
import { exportConversation, exportMarkdown } from '../archive/export.ts'
import { eraseChats } from '../chat/erase.ts'
import {
  changeConversation,
  deleteConversation,
  listConversations,
  olderMessages,
  openConversation,
  restoreConversation,
  type PeekAt,
} from '../conversations/conversations.ts'
import { purgeOld } from '../conversations/purge.ts'
import type { Env } from '../env.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, query } from '../middleware/input.ts'
import { signedIn, tokenHolder } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { askChat } from './chat-of.ts'

/** An id in a path. One that is no id names nothing. */
export const idOf = (text: string): Id => {
  const id = Id.safeParse(text)
  if (!id.success) throw new Problem('not_found')
  return id.data
}

const exportFormats = {
  json: { format: exportConversation, type: 'application/x-ndjson', ending: 'ndjson' },
  markdown: { format: exportMarkdown, type: 'text/markdown; charset=utf-8', ending: 'md' },
}

/** A file to be saved under a title, whatever that is made of (RFC 6266). */
const attachment = (title: string, ending: string) => {
  const name = encodeURIComponent(title).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `attachment; filename="conversation.${ending}"; filename*=UTF-8''${name}.${ending}`
}

const peekOf =
  ({ env, var: { user } }: { env: Env; var: { user: { id: string } } }): PeekAt =>
  (conversationId, turnId) =>
    askChat(env, user.id, conversationId, (chat) => chat.peek(turnId))

export const conversationRoutes = new Hono<SignedInApp>()
  .get('/', tokenHolder, query(ConversationQuery), async (c) =>
    c.json(await listConversations(c.var.deps, c.var.user, c.var.query)),
  )
  .get('/:id', signedIn, async (c) =>
    c.json(await openConversation(c.var.deps, c.var.user, idOf(c.req.param('id')), peekOf(c))),
  )
  .get('/:id/messages', signedIn, query(MessagesQuery), async (c) =>
    c.json(await olderMessages(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.query.before, peekOf(c))),
  )
  .patch('/:id', signedIn, body(ConversationPatch), async (c) =>
    c.json(await changeConversation(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.body)),
  )
  .delete('/:id', signedIn, async (c) => {
    const { deps, user } = c.var
    await deleteConversation(deps, user, idOf(c.req.param('id')))
    c.executionCtx.waitUntil(purgeOld(deps, user, (ids) => eraseChats(c.env.CHAT, user.id, ids)))
    return c.body(null, 204)
  })
  .get('/:id/export', signedIn, query(ExportQuery), async (c) => {
    const { format, type, ending } = exportFormats[c.var.query.format]
    const { stream, title } = await format(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(stream, 200, { 'content-type': type, 'content-disposition': attachment(title, ending) })
  })
  .post('/:id/restore', signedIn, async (c) =>
    c.json(await restoreConversation(c.var.deps, c.var.user, idOf(c.req.param('id')))),
  )
