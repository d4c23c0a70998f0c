import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { runProgram } from '../local/commands/deploy/cli.ts'
import { wranglerEntry } from '../local/commands/places.ts'
import { wranglerEnvironment } from '../local/commands/programs.ts'
import { root } from './steps.ts'

// Each look starts wrangler once.
vi.setConfig({ testTimeout: 180_000 })

// The tests of commands have a stand-in of wrangler that takes anything. Here the real one says what it takes.
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

const help = async (words: string[]) => {
  const environment = { ...wranglerEnvironment, WRANGLER_HIDE_BANNER: 'true', CLOUDFLARE_ENV: undefined, NO_COLOR: '1' }
  const { code, stdout } = await runProgram(process.execPath, [wranglerEntry, ...words, '--help'], { environment })
  return { code, text: stdout.trim() }
}

test('every command of wrangler that pages and our own commands name is one that wrangler has, with its flags', async () => {
  const { text: all } = await help([])
  const known = new Set([...all.matchAll(/^ {2}wrangler ([a-z][\w-]*)/gm)].map(([, name]) => name))
  const ours = lists.filter(([first]) => known.has(first))
  const asked = [...typed, ...ours].map((words) => {
    const at = words.findIndex((word) => word.startsWith('-'))
    // Names of things are no part of the command.
    const command = (at < 0 ? words : words.slice(0, at)).filter((word) => /^[a-z\d]+$/.test(word))
    return { command, flags: words.flatMap((word) => /^--[\w-]+/.exec(word) ?? []) }
  })
  const commands = new Map<string, { command: string[]; flags: Set<string> }>()
  for (const { command, flags } of asked) {
    const one = commands.get(command.join(' ')) ?? { command, flags: new Set() }
    for (const flag of flags) one.flags.add(flag)
    commands.set(command.join(' '), one)
  }
  for (const name of ['hyperdrive create', 'versions upload', 'r2 bucket lifecycle add', 'secret put'])
    expect([...commands.keys()]).toContain(name)

  const look = async ([name, { command, flags }]: [string, { command: string[]; flags: Set<string> }]) => {
    const { code, text } = await help(command)
    expect(code, name).toBe(0)
    // A word that it does not know is passed over: the help is that of what comes before.
    expect(text.split('\n')[0], name).toMatch(new RegExp(`^wrangler ${name}( [<[].*)?$`))
    for (const flag of flags) expect(text, `${name} ${flag}`).toMatch(new RegExp(`${flag}\\b`))
  }
  const waiting = [...commands]
  const lookOn = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await look(next)
  }
  await Promise.all([lookOn(), lookOn(), lookOn()])
})
