import MessageFormat from '@messageformat/core'
import compileModule from '@messageformat/core/lib/compile-module.js'
import { parse } from '@messageformat/parser'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { directionOf, locales } from './src/lib/i18n/locales.js'

/**
 * Compiles messages/<language>/<area>.json, in ICU MessageFormat, to TypeScript: one function for each text, with its
 * placeholders as its parameter. English is a module for each area, so that a page loads those that it uses; every other
 * language is one module, loaded by those who read it.
 */
const source = new URL('messages/', import.meta.url)
const output = new URL('.svelte-kit/messages/', import.meta.url)

/** @typedef {import('./src/lib/i18n/locales.js').Locale} Locale */
/** @typedef {Map<string, string>} Texts */

/** The texts of each area of a language, by name. @param {Locale} locale @returns {Map<string, Texts>} */
const areasOf = (locale) => {
  const files = readdirSync(new URL(`${locale}/`, source)).sort()
  return new Map(
    files.map((file) => [
      file.replace('.json', ''),
      new Map(Object.entries(JSON.parse(readFileSync(new URL(`${locale}/${file}`, source), 'utf8')))),
    ]),
  )
}

/** Every text of a language, by name. @param {Locale} locale @returns {Texts} */
export const textsOf = (locale) => {
  /** @type {Texts} */
  const texts = new Map()
  for (const [area, itsTexts] of areasOf(locale))
    for (const [name, text] of itsTexts) {
      if (texts.has(name)) throw new Error(`messages/${locale}/${area}.json: there is another text named ${name}.`)
      texts.set(name, text)
    }
  return texts
}

/** The placeholders of a text, each with its type. @param {string} text */
export const placeholdersOf = (text) => {
  /** @type {Map<string, string>} */
  const found = new Map()
  /** @param {import('@messageformat/parser').Select['cases'][number]['tokens']} tokens */
  const look = (tokens) => {
    for (const token of tokens) {
      if (!('arg' in token)) continue
      if (!found.has(token.arg))
        found.set(
          token.arg,
          token.type === 'argument' ? 'string | number' : token.type === 'select' ? 'string' : 'number',
        )
      if ('cases' in token) for (const { tokens: inner } of token.cases) look(inner)
    }
  }
  look(parse(text))
  return found
}

/** One text as an expression, and what it imports. @param {MessageFormat} format @param {string} text */
const compile = (format, text) => {
  const [imports = '', body = ''] = String(compileModule(format, { text })).split('export default {')
  const expression = body.slice(body.indexOf('=>') + 2, body.lastIndexOf('}')).trim()
  // The library's own functions have no type of their own.
  return { imports, expression: imports.trim() ? `(${expression} as string)` : expression }
}

/** @param {string} text */
const parameterOf = (text) => {
  const types = [...placeholdersOf(text)].map(([name, type]) => `${name}: ${type}`)
  return types.length > 0 ? `d: { ${types.join('; ')} }` : ''
}

/** @param {Locale} locale @param {Texts} texts @param {(name: string, text: string, expression: string) => string} write */
const moduleOf = (locale, texts, write) => {
  const format = new MessageFormat(locale, { biDiSupport: directionOf(locale) === 'rtl' })
  const compiled = [...texts].map(([name, text]) => ({ name, text, ...compile(format, text) }))
  const imports = new Set(compiled.flatMap((message) => message.imports.split('\n').filter(Boolean)))
  const lines = compiled.map(({ name, text, expression }) => write(name, text, expression))
  return { imports: mergeImports([...imports]), lines }
}

/** `import { a } from "x"` and `import { b } from "x"` as one. @param {string[]} imports */
const mergeImports = (imports) =>
  Object.entries(Object.groupBy(imports, (line) => line.slice(line.indexOf('}')))).map(
    ([rest, lines = []]) =>
      `import { ${[
        ...new Set(
          lines.flatMap((line) =>
            line
              .slice(8, line.indexOf('}'))
              .split(', ')
              .map((name) => name.trim()),
          ),
        ),
      ].join(', ')} ${rest}`,
  )

export const compileMessages = () => {
  mkdirSync(output, { recursive: true })
  const [first, ...others] = locales
  const english = textsOf(first)
  const parameters = new Map([...english].map(([name, text]) => [name, parameterOf(text)]))
  const areas = areasOf(first)
  for (const [area, texts] of areas) {
    const { imports, lines } = moduleOf(first, texts, (name, _text, expression) => {
      const parameter = parameters.get(name)
      if (!parameter) return `export const ${name} = (): string => _plain('${name}', ${expression})`
      return `export const ${name} = (${parameter}): string => _language().catalog?.${name}(d) ?? ${expression}`
    })
    writeModule(area, [
      ...imports,
      `import { language as _language, plain as _plain } from '../../src/lib/i18n/language'`,
      ...lines,
    ])
  }
  writeModule(
    'index',
    [...areas.keys()].map((area) => `export * from './${area}'`),
  )
  for (const locale of others) {
    const { imports, lines } = moduleOf(
      locale,
      textsOf(locale),
      (name, text, expression) => `  ${name}: (${placeholdersOf(text).size > 0 ? 'd' : ''}) => ${expression},`,
    )
    const head = [...imports, `import type { Catalog } from '../../src/lib/i18n/language'`]
    writeModule(locale, [...head, 'export const catalog: Catalog = {', ...lines, '}'])
  }
}

/** @param {string} name @param {string[]} lines */
const writeModule = (name, lines) => writeFileSync(new URL(`${name}.ts`, output), lines.join('\n') + '\n')

/** Compiles at each start, and while developing after each change. @returns {import('vite').Plugin} */
export const messages = () => ({
  name: 'messages',
  buildStart: compileMessages,
  configureServer: ({ watcher, config }) => {
    watcher.add(source.pathname)
    watcher.on('change', (file) => {
      if (!file.startsWith(source.pathname)) return
      try {
        compileMessages()
      } catch (error) {
        // A text that is not in every language yet, or not in JSON: its writer is about to go on.
        config.logger.error(error instanceof Error ? error.message : String(error))
      }
    })
  },
})

if (import.meta.main) compileMessages()
