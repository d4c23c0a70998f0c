import {
  ChatGptConversation,
  ImportedLine,
  maxMemoryLength,
  NewMemory,
  type ExportedAssistant,
  type ExportedConversation,
  type ExportedMemory,
  type ExportedMessage,
  type Imported,
} from '@macro-ai/shared'
import { oneLine } from '@macro-ai/shared/title'
import type { AssistantRow, ConversationRow, EndRow, MemoryRow, MessageRow } from '../adapters/database/import.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { fromChatGpt } from './chatgpt.ts'
import { objectsOf } from './split.ts'
import { assistantIdOf, clean, idsOf, rowsOf, type SourceConversation } from './tree.ts'

type Needs = Pick<Deps, 'store' | 'pages' | 'storageCaps'>

/** What goes to the database at once, about: a few round trips for thousands of messages, each far within its deadline. */
const batchLength = 1_500_000

const parse = (text: string, place: number): object => {
  try {
    return JSON.parse(text) as object
  } catch {
    throw new Problem('bad_request', { detail: `Object ${place} of the import is not JSON.` })
  }
}

const notOurs = (place: number, path: PropertyKey[] = [], message = 'is neither our export nor ChatGPT’s') =>
  new Problem('invalid', { errors: [{ path: [place, ...path].join('.'), message }] })

type Content = SourceConversation | ExportedMemory | ExportedAssistant

/** The conversations, memories and assistants of an import, one at a time. */
async function* contentsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Content> {
  let open: SourceConversation | undefined
  let place = 0
  for await (const text of objectsOf(body)) {
    const value = parse(text, place)
    if ('mapping' in value) {
      const read = ChatGptConversation.safeParse(value)
      const [issue] = read.error?.issues ?? []
      if (!read.success) throw notOurs(place, issue?.path, issue?.message)
      yield fromChatGpt(read.data)
    } else {
      const read = ImportedLine.safeParse(value)
      if (!read.success) throw notOurs(place)
      const line = read.data
      if (line.type === 'conversation') {
        if (open) yield open
        open = fromOurs(line)
      } else if (line.type === 'message') addMessage(open, line, place)
      else if (line.type === 'memory' || line.type === 'assistant') yield line
    }
    place++
  }
  if (open) yield open
  if (place === 0) throw new Problem('invalid', { detail: 'There is nothing in this import.' })
}

const fromOurs = ({ type: _, id, ...line }: ExportedConversation): SourceConversation => ({
  ...line,
  assistantId: line.assistantId ?? null,
  sourceId: id,
  atMs: Date.parse(line.createdAt),
  nodes: new Map(),
})

/** What is remembered goes into every prompt: a text that nobody could write here is cut to what they could. */
const rememberable = (text: string): string | undefined => {
  const cut = [...oneLine(clean(text))].slice(0, maxMemoryLength).join('')
  return [text, cut].find((one) => NewMemory.shape.text.safeParse(one).success)
}

const memoryRow = async (userId: string, { id, text }: ExportedMemory): Promise<MemoryRow | undefined> => {
  const kept = rememberable(text)
  const [own] = await idsOf(userId, `memory ${id}`, 0)
  return kept === undefined ? undefined : { id: own, sourceId: id, text: kept }
}

const assistantRow = async (
  userId: string,
  { type: _, id, ...assistant }: ExportedAssistant,
): Promise<AssistantRow> => ({
  ...assistant,
  id: await assistantIdOf(userId, id),
  sourceId: id,
})

const addMessage = (open: SourceConversation | undefined, line: ExportedMessage, place: number) => {
  if (open?.sourceId !== line.conversationId)
    throw notOurs(place, ['conversationId'], 'must be that of the conversation before it')
  open.nodes.set(line.id, { ...line, isKept: true, atMs: Date.parse(line.createdAt) })
}

/**
 * Adds what an import holds to what is mine. Ids come from what they name, so the same import again, whole or after it
 * broke off, adds nothing twice. It calls no model and costs nothing.
 */
export const importArchive = async (
  { store, pages, storageCaps }: Needs,
  user: { id: string },
  body: ReadableStream<Uint8Array>,
): Promise<Imported> => {
  const total: Imported = { conversations: 0, messages: 0, memories: 0, known: 0 }
  let conversations: ConversationRow[] = []
  let messages: MessageRow[] = []
  let ends: EndRow[] = []
  let memories: MemoryRow[] = []
  let assistants: AssistantRow[] = []
  let length = 0
  let revision: number | undefined

  const flush = async () => {
    // First: the conversations may use them.
    if (assistants.length > 0) await store.addImportedAssistants(user.id, assistants)
    if (conversations.length + messages.length + ends.length > 0) {
      const added = await pages.changing(user.id, () =>
        store.addImported(user.id, { conversations, messages, ends }, storageCaps),
      )
      total.conversations += added.conversations
      total.messages += added.messages
      total.known += added.known
      revision = added.revision ?? revision
      if (added.full)
        throw new Problem('too_large', {
          detail: 'The database has no room left for an import. What came before is in.',
        })
    }
    if (memories.length > 0) total.memories += await store.addMemories(user.id, memories)
    ;[assistants, conversations, messages, ends, memories, length] = [[], [], [], [], [], 0]
  }

  try {
    for await (const item of contentsOf(body)) {
      if ('type' in item) {
        if (item.type === 'assistant') assistants.push(await assistantRow(user.id, item))
        else memories.push(...[await memoryRow(user.id, item)].filter((row) => row !== undefined))
        length += JSON.stringify(item).length
        if (length >= batchLength) await flush()
        continue
      }
      const rows = await rowsOf(user.id, item)
      if (!rows) continue
      conversations.push(rows.conversation)
      for (const message of rows.messages) {
        messages.push(message)
        length += message.text.length + 300
        if (length >= batchLength) await flush()
      }
      // Its messages may have gone before, in parts.
      const { id, leafId, updatedAt } = rows.conversation
      ends.push({ id, leafId, updatedAt })
    }
    await flush()
  } finally {
    if (revision !== undefined) await pages.stale(user.id, revision)
  }
  return total
}
