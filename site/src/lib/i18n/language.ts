import type * as messages from '$messages'
import type { Locale } from './locales.js'

/** Every text in one language. */
export type Catalog = { [Name in keyof typeof messages]: (typeof messages)[Name] }

/** The reader's language. English has no catalog: its texts are part of the code, so that only those used are loaded. */
export type Language = {
  locale: Locale
  catalog?: Catalog
  region?: string
  /** What of Intl is made already for its reader. */
  made: Record<string, unknown>
}

let read = (): Language => ({ locale: 'en', made: {} })

/** The language of the page that is being drawn. It stays for as long as the page does. */
export const language = (): Language => read()

/** A text that takes nothing, in the reader's language. One call for all of them: there are many on a page. */
export const plain = (name: keyof Catalog, english: string): string =>
  (language().catalog?.[name] as (() => string) | undefined)?.() ?? english

/** Says where the language is known from: in the browser the page, on the server the request. */
export const readLanguageFrom = (source: () => Language) => (read = source)

/**
 * The language as Intl knows it, in the reader's own region if the browser names one: `en` may mean `en-GB`. Its digits
 * are those of the texts, of versions and of code, in Arabic too: one page has one kind of them.
 */
export const region = (): string => `${language().region || language().locale}-u-nu-latn`

/** The first of the tags asked for that is of this language. */
export const regionIn = (asked: readonly string[], locale: Locale): string | undefined =>
  asked
    .filter((tag) => tag.split('-')[0] === locale)
    .map(baseOf)
    .find(Boolean)

/** A tag without wishes for digits or calendars. Some browsers name a locale that Intl refuses, such as `en-US@posix`. */
const baseOf = (tag: string): string | undefined => {
  try {
    return new Intl.Locale(tag).baseName
  } catch {
    return undefined
  }
}
