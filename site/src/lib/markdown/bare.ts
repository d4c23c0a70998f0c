import { safeUrl } from './urls.ts'

/** An address that stands in the text without any marks. */
export interface BareLink {
  readonly text: string
  readonly href: string | undefined
  readonly start: number
  readonly end: number
}

/** A bare address ends before white space, brackets, quotes and full-width punctuation. */
const bareUrl = /(?:https?:\/\/|www\.)[^\s<>[\]`"\u3000-\u303f\uff00-\uffef]{1,2000}/iy

/** The bare address that starts at `at`, without the punctuation that belongs to the sentence around it. */
export const bareUrlAt = (text: string, at: number): BareLink | undefined => {
  bareUrl.lastIndex = at
  const found = bareUrl.exec(text)?.[0]
  if (!found) return undefined
  let surplus = 0
  for (const char of found) surplus += char === ')' ? 1 : char === '(' ? -1 : 0
  let end = found.length
  for (; end > 0; end--) {
    const last = found[end - 1] as string
    if (last === ')' && surplus > 0) surplus--
    else if (!/[?!.,:;*_~'|]/.test(last)) break
  }
  const url = found.slice(0, end)
  return { text: url, href: safeUrl(/^www/i.test(url) ? `https://${url}` : url), start: at, end: at + end }
}

const mailHost = /[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?){1,8}/iy

/** The bare e-mail address around the `@` at `at`, no part of it before `from`. */
export const bareMailAt = (text: string, at: number, from: number): BareLink | undefined => {
  const user = /[\w.+-]{1,64}$/.exec(text.slice(Math.max(from, at - 64), at))?.[0]
  mailHost.lastIndex = at + 1
  const host = user && mailHost.exec(text)?.[0]
  if (!host) return undefined
  const mail = `${user}@${host}`
  return { text: mail, href: safeUrl(`mailto:${mail}`), start: at - user.length, end: at + 1 + host.length }
}
