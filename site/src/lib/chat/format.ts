/** Money, counts and times in the reader's own locale. Money comes in micro-dollars. */
const isLocale = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch {
    return false
  }
}

/** Some browsers name a locale that Intl refuses, such as `en-US@posix`. */
const locale = typeof navigator === 'undefined' ? 'en' : navigator.languages.find(isLocale)

export const money = (micros: number): string =>
  new Intl.NumberFormat(locale, {
    style: 'currency',
    currency: 'USD',
    ...(micros > 0 && micros < 10_000 ? { minimumSignificantDigits: 1, maximumSignificantDigits: 2 } : {}),
  }).format(micros / 1_000_000)

export const count = (value: number): string => new Intl.NumberFormat(locale).format(value)

/** When something resets: the hour if that is today or tomorrow, else the day. */
export const moment = (iso: string): string => {
  const soon = new Date(iso).getTime() - Date.now() < 36 * 60 * 60 * 1000
  return new Intl.DateTimeFormat(
    locale,
    soon ? { weekday: 'long', hour: 'numeric', minute: '2-digit' } : { dateStyle: 'long' },
  ).format(new Date(iso))
}

export const isoNow = (): string => new Date().toISOString()

const dayMs = 24 * 60 * 60 * 1000

/** The heading under which a conversation of that time stands. */
export const period = (iso: string, now = new Date()): string => {
  const then = new Date(iso)
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  const daysAgo = Math.ceil((midnight - then.getTime()) / dayMs)
  if (daysAgo <= 0) return 'Today'
  if (daysAgo === 1) return 'Yesterday'
  if (daysAgo <= 7) return 'Previous 7 days'
  if (daysAgo <= 30) return 'Previous 30 days'
  return new Intl.DateTimeFormat(locale, { month: 'long', year: 'numeric' }).format(then)
}
