import { dates, numbers } from '$lib/i18n/intl'

// What a first load writes stands in format.ts: these are loaded with what needs them.

/** When something resets, or came to be: the hour if that is within a day and a half of now, else the day. */
export const moment = (iso: string): string => {
  const near = Math.abs(new Date(iso).getTime() - Date.now()) < 36 * 60 * 60 * 1000
  return dates(near ? { weekday: 'long', hour: 'numeric', minute: '2-digit' } : { dateStyle: 'long' }).format(
    new Date(iso),
  )
}

/** A part of 1 as a percentage. */
export const share = (part: number): string =>
  numbers({ style: 'percent', maximumFractionDigits: part < 0.1 ? 1 : 0 }).format(part)

/** A day without its hour. */
export const day = (iso: string): string => dates({ dateStyle: 'long' }).format(new Date(iso))

/** A day of the books, which are kept in UTC: YYYY-MM-DD. */
export const shortDay = (date: string): string =>
  dates({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(date))

/** A size as people say it: 1.2 MB. */
export const size = (bytes: number): string => {
  const step = Math.min(sizes.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return numbers({
    style: 'unit',
    unit: sizes[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumSignificantDigits: 3,
  }).format(bytes / 1000 ** step)
}
const sizes = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
