import type { Ask } from '../generation.ts'
import type { Tool } from '../message.ts'
import { keyStems } from '../stems.ts'
import { fill } from './filling.ts'
import type { Talk } from './talk.ts'

const NAMED = 2
const ENOUGH = 2

/** A word of the tool's name weighs two, one of its description one. */
const fit = ({ name, description }: Tool, stems: string[]) => {
  const inName = new Set(keyStems(name.replace(/([a-z])([A-Z])/g, '$1 $2').replaceAll('_', ' ')))
  const inDescription = new Set(keyStems(description))
  const isNamed = stems.some((stem) => inName.has(stem))
  return isNamed
    ? stems.reduce((sum, stem) => sum + (inName.has(stem) ? NAMED : inDescription.has(stem) ? 1 : 0), 0)
    : 0
}

const argumentsFor = (tool: Tool, question: string) => {
  const quoted = [...question.matchAll(/["“]([^"”]+)["”]/g)].map(([, text = '']) => text)
  const after = /\b(?:in|for|about|of|to|at|on)\s+([^?!.\n]+?)\s*[?!.]*$/i.exec(question)?.[1]
  const text = quoted[0] ?? after ?? question
  return JSON.stringify(
    fill(
      { type: 'object', ...tool.parameters },
      {
        text: () => text,
        texts: quoted.length ? quoted : [text],
        number: Number(/-?\d+(?:\.\d+)?/.exec(question)?.[0] ?? 1),
      },
    ),
  )
}

/** The call of the tool that was forced, or of the one the question is about. */
export const callTool = ({ tools, toolChoice }: Pick<Ask, 'tools' | 'toolChoice'>, { question }: Talk) => {
  if (toolChoice === 'none' || !tools.length) return undefined
  const stems = keyStems(question)
  const ranked = tools.map((tool) => ({ tool, fit: fit(tool, stems) })).sort((a, b) => b.fit - a.fit)
  const best = ranked[0]
  const chosen =
    typeof toolChoice === 'object'
      ? tools.find(({ name }) => name === toolChoice.name)
      : best && (toolChoice === 'required' || best.fit >= ENOUGH)
        ? best.tool
        : undefined
  if (!chosen) return undefined
  const id = `call_${crypto.randomUUID().replaceAll('-', '').slice(0, 24)}`
  return { tool: chosen.name, id, arguments: argumentsFor(chosen, question) }
}
