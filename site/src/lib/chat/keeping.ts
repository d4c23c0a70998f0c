import type { Message, MessagesPage, OpenConversation } from '@macro-ai/shared'
import { tick } from 'svelte'
import * as m from '$messages'
import { callJson } from './api'
import { models } from './models.svelte'
import type { Thread } from './thread.svelte'

/** A conversation and all messages of its active path, oldest first. */
const wholeOf = async (id: string): Promise<OpenConversation> => {
  const opened = await callJson<OpenConversation>(`/conversations/${id}`)
  let { messages, olderCursor } = opened
  while (olderCursor !== null) {
    const older: MessagesPage = await callJson(
      `/conversations/${id}/messages?before=${encodeURIComponent(olderCursor)}`,
    )
    messages = [...older.messages, ...messages]
    olderCursor = older.olderCursor
  }
  return { ...opened, messages, olderCursor }
}

const headingOf = ({ role, model }: Message): string =>
  role === 'user' ? m.youSaid() : `${m.wasAnswered()}${model ? ` · ${models.labelOf(model)}` : ''}`

export const markdownOf = ({ conversation, messages }: OpenConversation): string => {
  const parts = messages.map((message) => `## ${headingOf(message)}\n\n${message.text.trim()}\n`)
  return [`# ${conversation.title}\n`, ...parts].join('\n')
}

export const saveMarkdown = async (id: string) => {
  const whole = await wholeOf(id)
  save(`${nameOf(whole)}.md`, 'text/markdown', markdownOf(whole))
}

export const saveJson = async (id: string) => {
  const whole = await wholeOf(id)
  const { conversation, messages } = whole
  save(`${nameOf(whole)}.json`, 'application/json', JSON.stringify({ conversation, messages }, null, 2))
}

/** A name that every file system takes, whatever the title. */
const nameOf = ({ conversation }: OpenConversation): string =>
  conversation.title
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .slice(0, 60)
    .trim() || 'conversation'

const save = (name: string, type: string, text: string) => {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the file by the time the next task runs.
  setTimeout(() => URL.revokeObjectURL(url))
}

const mostFrames = 600

/** Prints the conversation from its first message on; the style sheet leaves out what is not part of it. */
export const print = async (thread: Thread) => {
  for (let [first] = thread.entries; first && thread.older.more; [first] = thread.entries) {
    await thread.older.load()
    if (thread.entries[0] === first) return
  }
  await tick()
  // A long conversation is drawn from its end upward, a part in each frame.
  const drawn = () => document.querySelectorAll('[data-message]').length >= thread.entries.length
  for (let frame = 0; frame < mostFrames && !drawn(); frame++)
    await new Promise((resolve) => requestAnimationFrame(resolve))
  window.print()
}
