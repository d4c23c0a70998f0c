import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { names } from '../local/commands/names.ts'
import { planOf } from '../local/commands/provision.ts'
import { where } from '../local/commands/provision/step.ts'
import { steps } from '../local/commands/provision/steps.ts'

const root = join(import.meta.dirname, '../..')
const pages = [
  'README.md',
  'worker/infra/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const textOf = (page: string) => readFileSync(join(root, page), 'utf8')
const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }
/** A page's headings as GitHub makes addresses of them. */
const headingsOf = (page: string) =>
  [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
/** Commands of pnpm's own. */
const own = ['install', 'deploy']

test.each(pages)('%s names only commands, files and pages that are there', (page) => {
  const text = textOf(page)
  for (const [, name = ''] of text.matchAll(/(?:`|npx -y )pnpm(?:@12)? (?:run )?([a-z][\w:]*)/g))
    expect([...Object.keys(scripts), ...own], `pnpm ${name}`).toContain(name)
  for (const [, file = ''] of text.matchAll(/`((?:worker|db|site|shared|docs|bench)\/[\w./-]+\.(?:ts|yaml|md))`/g))
    expect(existsSync(join(root, file)), file).toBe(true)
  for (const [, to = ''] of text.matchAll(/\]\(([\w./-]+\.(?:md|png))\)/g)) {
    const found = existsSync(join(root, dirname(page), to)) || existsSync(join(root, dirname(page), `${to}.md`))
    expect(found, to).toBe(true)
  }
  for (const [, to = '', heading = ''] of text.matchAll(/\]\(([\w./-]+\.md)?#([\w-]+)\)/g))
    expect(headingsOf(to ? join(dirname(page), to) : page), `${to}#${heading}`).toContain(heading)
})

/** Rows whose last cell is `file`: part of a test's name; another; `another file`: … */
const shownBy = (page: string) =>
  textOf(page)
    .split('\n')
    .filter((line) => /^\| .*`[\w/.-]+`[^|]*\|$/.test(line))
    .flatMap((line) => {
      let file = ''
      return (line.split(' | ').at(-1) ?? '')
        .replace(/ *\|$/, '')
        .split('; ')
        .map((part) => {
          const [, named, name] = /^`([^`]+)`(?:: (.*))?$/.exec(part) ?? [null, undefined, part]
          file = named ?? file
          return { file: existsSync(join(root, file)) ? file : `worker/test/${file}`, name: name ?? '' }
        })
    })

test.each(['SECURITY.md', 'docs/attacks.md'])('what %s says is shown by a test is a test’s name', (page) => {
  const shown = shownBy(page)
  expect(shown.length).toBeGreaterThan(80)
  for (const { file, name } of shown) expect(textOf(file), `${file}: ${name}`).toContain(name)
})

test('the guide names every setting that a person must give before anything can be made', () => {
  const guide = textOf('docs/deploy.md')
  for (const name of Object.keys(where)) {
    expect(guide, name).toContain(`${name}=`)
    expect(names).toContain(name)
  }
})

/** Pages of steps, each part of which takes accounts that are not here, or was done by a test. */
const guides = pages.filter((page) => /deploy|runbook|outgrowing|infra/.test(page))
/** The parts of a page by their headings; of a page without, all of it. What comes before the first is an introduction. */
const partsOf = (page: string) => {
  const [all = '', ...parts] = textOf(page).split(/^## /m)
  return parts.length > 0 ? parts : [all]
}

test.each(guides)('every part of %s says which test tried it, or that it was not tried from here', (page) => {
  for (const part of partsOf(page)) {
    const [title] = part.split('\n')
    const tried = part.match(/^\*\*Tried:\*\* .*(?:\n.+)*/gm) ?? []
    const untried = part.match(/^\*\*Not tried from here:\*\* \S/gm) ?? []
    expect(tried.length + untried.length, title).toBeGreaterThan(0)
    for (const said of tried) {
      const files = [...said.matchAll(/`([\w./-]+\.test\.ts)`/g)].map(([, file = '']) => file)
      expect(files.length, title).toBeGreaterThan(0)
      for (const file of files) expect(existsSync(join(root, file)), `${title}: ${file}`).toBe(true)
    }
  }
})

test.each(pages)('%s marks in one way what was not tried', (page) => {
  expect(textOf(page).replaceAll(/\*\*not tried from here:?\*\*/gi, '')).not.toMatch(/\b(?:not|never|un)\s*tried\b/i)
})

test('the plan that the guide shows is what a beginner meets', () => {
  const [, shown = ''] = /^```text\n(.*?)^```/ms.exec(textOf('docs/deploy.md')) ?? []
  const plan = planOf({}, steps).split('\n')
  const lines = shown.trimEnd().split('\n')
  expect(lines.length).toBeGreaterThan(5)
  for (const line of lines) if (line.trim() !== '…') expect(plan).toContain(line)
})
