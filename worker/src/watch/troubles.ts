import type { Part } from '@macro-ai/shared'
import { send } from '../alerts/alerts.ts'
import type { Message } from '../alerts/message.ts'
import type { Deps } from '../deps.ts'

type Needs = Pick<Deps, 'meter' | 'channels' | 'now' | 'settings'>

/** What the owner should know of each: the app's own errors at once, others when they did not pass within a minute. */
const alertAt: Record<Part, number> = { database: 2, cache: 5, identity: 2, model: 2, app: 1 }

const sentences: Record<Part, string> = {
  database: 'The database does not answer.',
  cache: 'The cache does not answer. Everything goes on without it, a little slower.',
  identity: 'Sign-in does not answer. Who is signed in goes on.',
  model: 'The model does not answer, or refuses the key.',
  app: 'The app met an error of its own. The log has it under `unexpected`.',
}

/** Writes down that a part failed, and tells the owner: of each trouble once, and of a part once an hour at most. */
export const noteFailure = async (needs: Needs, part: Part): Promise<void> => {
  const { meter, now, channels } = needs
  const { times, began } = await meter().failed(part)
  if (times !== alertAt[part] || channels.length === 0) return
  const key = `trouble:${part}:${new Date(now()).toISOString().slice(0, 13)}`
  if (!(await meter().claim(key))) return
  const since = new Date(began).toISOString().slice(0, 16).replace('T', ' ')
  const message: Message = {
    title: `Macro AI: ${part} is in trouble`,
    lines: [sentences[part], `Since ${since} UTC. What to do: docs/runbook.md.`],
    stopUrl: null,
  }
  await send(needs, message, [key])
}
