/** The languages of the site; the first is the one that its code is written in. Plain JavaScript, as the build reads it too. */
export const locales = /** @type {const} */ (['en', 'de', 'ar'])

/** @typedef {(typeof locales)[number]} Locale */

/** Each language's name for itself. @satisfies {Record<Locale, string>} */
export const names = { en: 'English', de: 'Deutsch', ar: 'العربية' }

/** The cookie that remembers what the reader chose. */
export const localeCookie = 'locale'

/** @param {unknown} value @returns {value is Locale} */
export const isLocale = (value) => locales.some((locale) => locale === value)

/** @param {Locale} locale */
export const directionOf = (locale) => (locale === 'ar' ? 'rtl' : 'ltr')

/**
 * The reader's language: the one chosen, else the first of ours that the browser asks for. Browsers list them by liking,
 * so that weights need no reading; see `asksFor`, which is the same rule for Vercel.
 *
 * @param {string | undefined} chosen @param {string | null} acceptLanguage @returns {Locale}
 */
export const localeFor = (chosen, acceptLanguage) =>
  [chosen, ...(acceptLanguage ?? '').split(',').map((tag) => tag.trim().split(/[-;]/)[0])].find(isLocale) ?? locales[0]

/** What Accept-Language matches, as a whole, when it asks for this language before any other of ours. @param {Locale} locale */
export const asksFor = (locale) => {
  const end = '(?=[-;,\\s]|$)'
  return `(?:(?!\\s*(?:${locales.join('|')})${end})[^,]*,)*\\s*${locale}${end}.*`
}

/** Pages built ahead exist once in each language, all but the first under its name: `/de/chat` is `/chat` in German. */
const builtAhead = new RegExp(`^/(${locales.slice(1).join('|')})(/.*)$`)

/** The language and the true path of a page built ahead, if it is one. @param {string} pathname */
export const shellOf = (pathname) => {
  const [, locale, path] = builtAhead.exec(pathname) ?? []
  return path && isLocale(locale) ? { locale, path } : undefined
}
