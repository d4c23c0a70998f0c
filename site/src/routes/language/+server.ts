import { redirect } from '@sveltejs/kit'
import { isLocale, localeCookie } from '$lib/i18n/locales.js'
import { fieldsOf, ownPath } from '$lib/server/form'
import type { RequestHandler } from './$types'

const yearSeconds = 365 * 24 * 60 * 60

/** Remembers the language that the reader chose, and goes back to where they were. */
export const POST: RequestHandler = async ({ request, cookies, url }) => {
  const { locale, back } = await fieldsOf({ request })
  if (isLocale(locale)) {
    const secure = url.protocol === 'https:'
    cookies.set(localeCookie, locale, { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge: yearSeconds })
  }
  redirect(303, ownPath(back ?? null))
}
