import type { ChatGptConversation } from '@macro-ai/shared'
import type { Said, SourceConversation } from './tree.ts'

type Message = NonNullable<ChatGptConversation['mapping'][string]['message']>

/** The words of a message: text parts, and code as code. Pictures, files and what tools told the model are not words. */
const wordsOf = ({ content }: Message): string => {
  const parts = (content.parts ?? []).filter((part) => typeof part === 'string').join('\n')
  if (content.content_type === 'code' && content.text) return `\`\`\`\n${content.text}\n\`\`\``
  return content.content_type === 'text' || content.content_type === 'multimodal_text' ? parts : ''
}

const isRole = (role: string): role is Said['role'] => role === 'user' || role === 'assistant'

const msOf = (seconds: number | null | undefined): number | undefined =>
  typeof seconds === 'number' ? seconds * 1000 : undefined

/** A conversation of ChatGPT's export in our terms: its tree with all branches, without system and tool messages. */
export const fromChatGpt = (source: ChatGptConversation): SourceConversation => {
  const at = msOf(source.create_time)
  const nodes = Object.entries(source.mapping).map(([id, { parent, message }]): [string, Said] => {
    const role = message?.author.role ?? ''
    const text = message && isRole(role) ? wordsOf(message) : ''
    const isKept = text.trim() !== '' && !message?.metadata?.is_visually_hidden_from_conversation
    return [
      id,
      {
        parentId: parent ?? null,
        isKept,
        role: isRole(role) ? role : 'user',
        text,
        status: 'complete',
        model: role === 'assistant' ? (message?.metadata?.model_slug ?? null) : null,
        sources: [],
        atMs: msOf(message?.create_time) ?? at,
      },
    ]
  })
  return {
    sourceId: source.conversation_id ?? source.id ?? nodes[0]?.[0] ?? '',
    title: source.title ?? '',
    pinned: false,
    archived: source.is_archived ?? false,
    // ChatGPT's models are not models of this instance.
    model: null,
    assistantId: null,
    instructions: '',
    leafId: source.current_node ?? null,
    atMs: at,
    nodes: new Map(nodes),
  }
}
