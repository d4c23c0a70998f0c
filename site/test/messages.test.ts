import { freeTiers } from '@macro-ai/shared'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeholdersOf, textsOf } from '../messages.js'
import { asksFor, localeFor, locales, type Locale } from '../src/lib/i18n/locales.js'

const [english, ...translations] = locales

test.each(translations)('every text is there in %s, and takes what the English one takes', (locale) => {
  const shape = (language: Locale) =>
    Object.fromEntries([...textsOf(language)].map(([name, text]) => [name, [...placeholdersOf(text)].sort()]))
  expect(shape(locale)).toEqual(shape(english))
})

test.each(locales)('every plural in %s has a form for each kind of number that the language tells apart', (locale) => {
  const kinds = new Intl.PluralRules(locale).resolvedOptions().pluralCategories
  for (const text of textsOf(locale).values())
    for (const [, forms = ''] of text.matchAll(/, plural,(.*)/gs))
      for (const kind of kinds) expect(forms, text).toContain(`${kind} {`)
})

test.each(translations)('every free tier and every stage of growing is named in %s', (locale) => {
  const texts = textsOf(locale)
  for (const { id, source } of freeTiers)
    for (const name of ['limitMetric', 'limitThen', ...(URL.canParse(source) ? [] : ['limitSet'])])
      expect(texts.get(name)).toContain(` ${id.replace('.', '_')} {`)
  for (const stage of [1, 2, 3])
    for (const at of [0, 1, 2]) expect(texts.get('stageChangeTo')).toContain(` s${stage}_${at} {`)
})

const tags = fc.constantFrom('en', 'en-GB', 'de', 'de-AT', 'ar', 'ar-EG', 'fr', 'den', 'arn', '*', 'x')
const weights = fc.constantFrom('', ';q=0.9', ';q=0.1')
const acceptLanguage = fc
  .array(fc.tuple(tags, weights), { maxLength: 6 })
  .chain((parts) => fc.constantFrom(', ', ',').map((comma) => parts.map((part) => part.join('')).join(comma)))

test('the rule for Vercel picks the same language out of Accept-Language as the server does', () => {
  fc.assert(
    fc.property(acceptLanguage, (header) => {
      const asked = translations.find((locale) => new RegExp(`^(?:${asksFor(locale)})$`).test(header))
      expect(asked ?? english).toBe(localeFor(undefined, header))
    }),
    { numRuns: 2000 },
  )
})
