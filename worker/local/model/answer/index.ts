import type { Ask } from '../generation.ts'
import { exact } from './exact.ts'
import { fromPassages, notInPassages } from './passages.ts'
import { prose } from './prose.ts'
import { listenTo, type Skill } from './talk.ts'
import { title } from './title.ts'

export type Reply = { text: string } | { tool: string; id: string; arguments: string }

/** Skills whose answer is wanted as it is, with nothing added. */
const BARE: Skill[] = [exact, title, prose]
const PLEASANT: Skill[] = [fromPassages, notInPassages]

export const answer = (ask: Ask): Reply => {
  const talk = listenTo(ask)
  const first = (skills: Skill[]) => {
    for (const skill of skills) {
      const text = skill(talk)
      if (text !== undefined) return text
    }
    return undefined
  }
  return { text: first(BARE) ?? first(PLEASANT) ?? `You said: ${talk.question}` }
}
