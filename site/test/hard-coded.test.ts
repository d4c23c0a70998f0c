import { globSync, readFileSync } from 'node:fs'
import { parse } from 'svelte/compiler'
import { expect, test } from 'vitest'

/** What is the same in every language, or is not for readers. */
const names = /^(?:·?\s*Macro AI|mermaid)$/
const notForReaders = /^routes\/design\//

/** Attributes that are read or read aloud. */
const spoken = new Set(['aria-label', 'aria-description', 'aria-roledescription', 'aria-valuetext'])
for (const name of ['title', 'alt', 'placeholder', 'label', 'hint', 'lead', 'legend']) spoken.add(name)

const word = /\p{L}{2}/u
/** A string in code that reads like a sentence or a label, and not like a key, a class or an address. */
const sentence = /^\p{Lu}\p{Ll}+(?:$| )|\p{Ll} \p{Ll}+ |\p{Ll} … ?$/u
/** Keys of the keyboard, by their names in the DOM, which are also what stands on them. */
const keys = /^(?:Enter|Esc(?:ape)?|Delete|Tab|Home|End|Files|Arrow\w+)$/

type Node = { type?: string; name?: string; value?: unknown; data?: string; start?: number } & Record<string, unknown>

/** Every piece of text that a component says by itself. */
const saidBy = (source: string): { text: string; start: number }[] => {
  const found: { text: string; start: number }[] = []
  const say = (text: string, { start = 0 }: Node) => {
    if (word.test(text) && !names.test(text.trim())) found.push({ text: text.trim(), start })
  }
  const look = (node: unknown, attribute?: string): void => {
    if (Array.isArray(node)) return node.forEach((one) => look(one, attribute))
    if (typeof node !== 'object' || node === null) return
    const { type, name, value, data, ...rest } = node as Node
    const heard = attribute === undefined || spoken.has(attribute)
    if (type === 'Text') return heard ? say(data ?? '', node as Node) : undefined
    if (type === 'Attribute') return look(value, name)
    if (type === 'ImportDeclaration' || type === 'Comment') return
    const literal =
      type === 'Literal' ? value : type === 'TemplateElement' ? (value as { cooked: string }).cooked : null
    if (typeof literal === 'string') {
      const told = attribute === undefined ? sentence.test(literal) && !keys.test(literal) : spoken.has(attribute)
      return told ? say(literal, node as Node) : undefined
    }
    look(
      [value, ...Object.entries(rest).flatMap(([key, part]) => (key === 'css' || key === 'loc' ? [] : [part]))],
      attribute,
    )
  }
  const { fragment, instance, module } = parse(source, { modern: true })
  look([fragment, instance?.content, module?.content])
  return found
}

const root = new URL('../src/', import.meta.url)
const files = globSync('**/*.svelte', { cwd: root.pathname }).filter((file) => !notForReaders.test(file))

test('no component says anything by itself: all its texts are in messages/', () => {
  const said = files.flatMap((file) => {
    const source = readFileSync(new URL(file, root), 'utf8')
    return saidBy(source).map(({ text, start }) => `${file}:${source.slice(0, start).split('\n').length}: ${text}`)
  })
  expect(files.length).toBeGreaterThan(100)
  expect(said).toEqual([])
})

test.each([
  '<p>Thinking</p>',
  '<button aria-label="Close"></button>',
  "<button title={copied ? 'Copied' : 'Copy'}></button>",
  '<p>{count} lines</p>',
  "<p>{open ? 'Show less' : `Show all ${count} lines`}</p>",
  "<script>const endings = { complete: 'The answer is complete.' }</script>",
])('and one that does would be found: %s', (source) => {
  expect(saidBy(source)).not.toEqual([])
})
