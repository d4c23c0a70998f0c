import { plainText, type Message } from '../alerts/message.ts'

const timeoutMs = 5_000

export type Channel = (message: Message) => Promise<void>
export type WebhookKind = 'json' | 'slack' | 'discord' | 'ntfy'

/** Discord takes 2,000 characters, the others more. */
const mostCharacters = 1_900

const bodies: Record<WebhookKind, (message: Message) => { body: string; headers: Record<string, string> }> = {
  json: (message) => ({
    body: JSON.stringify({ ...message, text: plainText(message) }),
    headers: { 'content-type': 'application/json' },
  }),
  slack: (message) => ({
    body: JSON.stringify({ text: `*${message.title}*\n${plainText(message)}` }),
    headers: { 'content-type': 'application/json' },
  }),
  discord: (message) => ({
    body: JSON.stringify({ content: `**${message.title}**\n${plainText(message)}`.slice(0, mostCharacters) }),
    headers: { 'content-type': 'application/json' },
  }),
  ntfy: (message) => ({
    body: plainText(message),
    headers: { title: message.title, tags: 'warning', ...(message.stopUrl && { click: message.stopUrl }) },
  }),
}

/** A webhook of the owner's own setting. */
export const webhook =
  (url: string, kind: WebhookKind): Channel =>
  async (message) => {
    const answer = await fetch(url, {
      method: 'POST',
      ...bodies[kind](message),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`The webhook answered ${answer.status}`)
  }

/** Cloudflare's send_email binding. It sends to addresses that the owner has verified there, and to no other. */
export type Mailer = { send: (mail: { from: string; to: string; subject: string; text: string }) => Promise<unknown> }

export const mail =
  (mailer: Mailer, from: string, to: string): Channel =>
  async (message) => {
    await mailer.send({ from, to, subject: message.title, text: plainText(message) })
  }
