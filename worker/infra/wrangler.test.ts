import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { experimental_getWranglerCommands as wranglerCommands } from 'wrangler'
import { root } from './steps.ts'

// The tests of commands have a stand-in of wrangler that takes anything. Here the real one's own list of commands says what it takes.
const textsIn = (folder: string, ending: RegExp) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.includes('.test.'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))

/** What pages tell a person to type. */
const typed = [...textsIn('docs', /\.md$/), ...textsIn('worker/infra', /\.md$/)].flatMap((text) =>
  [...text.matchAll(/`(?:(?:npx -y )?pnpm(?:@12)? )?wrangler ([a-z][^`]*)`/g)].map(([, words = '']) =>
    words.split(/\s+/),
  ),
)
/** Lists in what runs it that begin with a word, as far as they are written out. */
const running = textsIn('worker/local/commands', /\.ts$/).filter((text) => /wrangler/i.test(text))
const lists = running.flatMap((text) =>
  [...text.matchAll(/\[\s*('[a-z][\w-]*'[^\]]*)\]/g)].map(([, list = '']) =>
    [...list.matchAll(/'([^']*)'|`(--[\w-]+)[^`]*`/g)].map(([, plain, flag]) => plain ?? flag ?? ''),
  ),
)

type Node = {
  definition?: { args?: Record<string, { alias?: string | string[] }>; metadata?: { hidden?: boolean } }
  subtree: Map<string, Node>
}
const { registry, globalFlags } = wranglerCommands() as unknown as { registry: Node; globalFlags: object }

/** What words name, a command or a group of them; nothing where wrangler has no such words. */
const commandOf = (words: string[]) => {
  let node: Node | undefined = registry
  for (const word of words) node = node?.subtree.get(word)
  return node?.definition
}

test('every command of wrangler that pages and our own commands name is one that wrangler has, with its flags', () => {
  // Those that it hides share their names with other programs' commands.
  const isShown = (node?: Node) => node !== undefined && !node.definition?.metadata?.hidden
  const ours = lists.filter(([first = '']) => isShown(registry.subtree.get(first)))
  const asked = [...typed, ...ours].map((words) => {
    const at = words.findIndex((word) => word.startsWith('-'))
    // Names of things are no part of the command.
    const command = (at < 0 ? words : words.slice(0, at)).filter((word) => /^[a-z\d]+$/.test(word))
    return { command, flags: words.flatMap((word) => /^--([\w-]+)/.exec(word)?.[1] ?? []) }
  })
  const names = asked.map(({ command }) => command.join(' '))
  for (const name of ['hyperdrive create', 'versions upload', 'r2 bucket lifecycle add', 'secret put'])
    expect(names).toContain(name)

  for (const { command, flags } of asked) {
    const found = commandOf(command)
    expect(found, command.join(' ')).toBeDefined()
    const args = Object.entries(found?.args ?? {})
    const known = args.flatMap(([name, { alias = [] }]) => [name, `no-${name}`, ...[alias].flat()])
    for (const flag of flags) expect([...known, ...Object.keys(globalFlags)], command.join(' ')).toContain(flag)
  }
})
