import type { MessageStatus, Source } from '@macro-ai/shared'
import { titleOf } from '@macro-ai/shared/title'
import type { ConversationRow, MessageRow } from '../adapters/database/import.ts'

/** A message as it was somewhere else. One that is not kept hands its replies on to what it replied to. */
export type Said = {
  parentId: string | null
  isKept: boolean
  role: 'user' | 'assistant'
  text: string
  status: MessageStatus
  model: string | null
  sources: Source[]
  /** Since the epoch. */
  atMs: number | undefined
}

/** What an assistant of an import is called here. */
export const assistantIdOf = async (userId: string, sourceId: string) =>
  (await idsOf(userId, `assistant ${sourceId}`, 0))[0]

export type SourceConversation = {
  sourceId: string
  title: string
  pinned: boolean
  archived: boolean
  model: string | null
  assistantId: string | null
  instructions: string
  leafId: string | null
  atMs: number | undefined
  nodes: Map<string, Said>
}

/** For what has no date: it must be the same at every import, or ids would differ. */
const longAgoMs = Date.UTC(2020, 0, 1)
const noQuestion = '…'

/** What PostgreSQL and UTF-8 can hold of a text. */
export const clean = (text: string) => text.replaceAll('\0', '').toWellFormed()
const momentOf = (ms: number | undefined) =>
  ms !== undefined && ms >= 0 && ms < Date.UTC(2100, 0, 1) ? Math.floor(ms) : longAgoMs
const isoOf = (ms: number) => new Date(ms).toISOString()

/** A version 7 UUID whose random part comes from what it names: the same at every import, another for another person. */
const uuidOf = (atMs: number, random: Uint8Array): string => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setUint32(0, Math.floor(atMs / 0x1_0000))
  new DataView(bytes.buffer).setUint16(4, atMs % 0x1_0000)
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Two ids for a name. */
export const idsOf = async (userId: string, name: string, atMs: number): Promise<[string, string]> => {
  // UTF-8 has no halves of surrogate pairs: two names must not become one.
  const bytes = new TextEncoder().encode(`${userId}\n${name.isWellFormed() ? name : JSON.stringify(name)}`)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [uuidOf(atMs, hash), uuidOf(atMs, hash.subarray(10))]
}

type Placed = { said: Said; parent: Placed | null; name: string; row: MessageRow }

/**
 * The rows of a conversation, parents before their replies. Every branch begins with a question and ends with an answer,
 * as ours do: where one is missing an empty one stands in. What is in a circle or hangs from nothing is left out.
 */
export const rowsOf = async (
  userId: string,
  source: SourceConversation,
): Promise<{ conversation: ConversationRow; messages: MessageRow[] } | undefined> => {
  const { nodes } = source
  const conversationMs = momentOf(source.atMs)
  const [conversationId] = await idsOf(userId, `conversation ${source.sourceId}`, conversationMs)

  /** Of each node that was looked at, the next one from it upwards that is kept; each is looked at once. */
  const kept = new Map<string | null, string | null>([[null, null]])
  const keptAbove = (id: string | null): string | null => {
    const passed: (string | null)[] = []
    let at = id
    while (!kept.has(at)) {
      const node = nodes.get(at ?? '')
      // Nothing is above a circle either: whoever comes back to it finds this.
      kept.set(at, node?.isKept ? at : null)
      if (!node || node.isKept) break
      passed.push(at)
      at = node.parentId
    }
    const found = kept.get(at) ?? null
    for (const one of passed) kept.set(one, found)
    return found
  }
  const replies = Map.groupBy(
    [...nodes].filter(([, node]) => node.isKept),
    ([, node]) => keptAbove(node.parentId),
  )

  const messages: MessageRow[] = []
  const placed = new Map<string, Placed>()
  const place = async (name: string, said: Said, parent: Placed | null): Promise<Placed> => {
    const atMs = momentOf(said.atMs ?? source.atMs)
    const [id, turnId] = await idsOf(userId, `message ${source.sourceId} ${name}`, atMs)
    const row: MessageRow = {
      id,
      conversationId,
      parentId: parent?.row.id ?? null,
      role: said.role,
      status: said.role === 'user' ? 'complete' : said.status === 'streaming' ? 'interrupted' : said.status,
      text: clean(said.text),
      depth: parent ? parent.row.depth + 1 : 0,
      turnId: said.role === 'assistant' ? turnId : null,
      model: said.model && clean(said.model),
      sources: said.sources.map((one) => ({ ...one, title: clean(one.title), text: clean(one.text) })),
      createdAt: isoOf(atMs),
    }
    messages.push(row)
    return { said, parent, name, row }
  }
  const standIn = (name: string, role: Said['role'], near: Said, parent: Placed | null) =>
    place(name, { ...near, role, text: role === 'user' ? noQuestion : '', status: 'interrupted', sources: [] }, parent)

  type Waiting = { id: string; said: Said; parent: Placed | null }
  const waiting: Waiting[] = []
  const awaitReplies = (to: string | null, parent: Placed | null) => {
    for (const [id, said] of replies.get(to) ?? []) waiting.push({ id, said, parent })
  }
  awaitReplies(null, null)
  for (const { id, said, parent: above } of waiting) {
    let parent = above
    if (said.role === 'user' && parent?.row.role === 'user')
      parent = await standIn(`answer before ${id}`, 'assistant', said, parent)
    if (said.role === 'assistant' && !parent) parent = await standIn(`question before ${id}`, 'user', said, null)
    const isContinued =
      said.role === 'assistant' && parent?.row.role === 'assistant' && replies.get(parent.name)?.length === 1
    if (isContinued && parent) parent.row.text += `\n\n${clean(said.text)}`
    const self = isContinued && parent ? { ...parent, name: id } : await place(id, said, parent)
    const isLast = said.role === 'user' && !replies.has(id)
    placed.set(id, isLast ? await standIn(`answer to ${id}`, 'assistant', said, self) : self)
    awaitReplies(id, self)
  }
  const last = messages.at(-1)
  if (!last) return undefined

  const shown = placed.get(keptAbove(source.leafId) ?? '')?.row
  // Where only a question is left of what was shown, the newest answer to it is: a chat goes on from an answer.
  const leaf = shown?.role === 'user' ? messages.findLast(({ parentId }) => parentId === shown.id) : shown
  const updatedAt = messages.reduce(
    (latest, { createdAt }) => (createdAt > latest ? createdAt : latest),
    isoOf(conversationMs),
  )
  return {
    conversation: {
      id: conversationId,
      sourceId: isUuid(source.sourceId) ? source.sourceId : null,
      title: titleOf(clean(source.title)) || titleOf(messages[0]?.text ?? '') || 'Imported chat',
      pinned: source.pinned,
      archived: source.archived,
      model: source.model && clean(source.model),
      assistantId: source.assistantId && (await assistantIdOf(userId, source.assistantId)),
      sourceAssistantId: source.assistantId,
      instructions: clean(source.instructions),
      leafId: (leaf ?? last).id,
      createdAt: isoOf(conversationMs),
      updatedAt,
    },
    messages,
  }
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
