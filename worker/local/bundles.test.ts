import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { siteOutput, workerBundle } from './commands/bundles.ts'

/** What only the embedded platform knows, and a deployed app must not. */
const local = [
  /worker\/local\//,
  /\bpglite\b/i,
  /\bfengari\b/,
  /Demo-passw0rd/,
  /demo@macro\.local/,
  /\b123456\b/,
  /Offline demo model/,
  /\/cognito\/local_macro/,
  /127\.0\.0\.1:(8787|8799|5173)/,
]

const found = (file: string) => {
  const text = readFileSync(file, 'utf8')
  return local.filter((pattern) => pattern.test(text)).map((pattern) => `${file}: ${pattern.source}`)
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

test('the Worker that is deployed holds nothing of the embedded platform', () => {
  expect(found(workerBundle)).toEqual([])
  const map = JSON.parse(readFileSync(`${workerBundle}.map`, 'utf8')) as { sources: string[] }
  // pnpm's folders name a package's peers, used or not: the package itself comes after the last node_modules.
  const sources = map.sources.map((source) => source.split('node_modules/').at(-1) ?? source)
  expect(sources.length).toBeGreaterThan(20)
  expect(sources.filter((source) => local.some((pattern) => pattern.test(source)))).toEqual([])
})

test('the site that is deployed holds nothing of the embedded platform', () => {
  expect(existsSync(join(siteOutput, 'static/chat.html'))).toBe(true)
  const texts = filesIn(siteOutput).filter((file) => /\.(js|mjs|cjs|json|html|css|map)$/.test(file))
  expect(texts.length).toBeGreaterThan(20)
  expect(texts.flatMap(found)).toEqual([])
})

test('scripts do not list the scripts of parts that come later', () => {
  const scripts = filesIn(join(siteOutput, 'static/_app/immutable')).filter((file) => file.endsWith('.js'))
  const lists = scripts.flatMap((file) => readFileSync(file, 'utf8').match(/__vite__mapDeps=.*/) ?? [])
  expect(lists.length).toBeGreaterThan(0)
  for (const list of lists) expect(list.slice(0, list.indexOf('])'))).not.toContain('.js"')
})
