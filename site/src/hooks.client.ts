import { readLanguageFrom, regionIn, type Catalog } from '$lib/i18n/language'
import { isLocale, type Locale } from '$lib/i18n/locales.js'
import * as m from '$messages'
import type { ClientInit, HandleClientError } from '@sveltejs/kit'

type Loader = () => Promise<{ catalog: Catalog }>

const catalogs: Partial<Record<Locale, Loader>> = {
  de: () => import('$messages/de'),
  ar: () => import('$messages/ar'),
}

/** The page says what language it is in; its texts are here before it comes alive. Without them it goes on in English. */
export const init: ClientInit = async () => {
  const { lang, dataset } = document.documentElement
  const locale = isLocale(lang) ? lang : 'en'
  const loaded = await catalogs[locale]?.().catch(() => undefined)
  // What the server has written is written in the same way again; a page built ahead knew of no region.
  const region = dataset['region'] || regionIn(navigator.languages, locale)
  const known = { locale, catalog: loaded?.catalog, region, made: {} }
  readLanguageFrom(() => known)
}

/** A page whose scripts are not here yet cannot be opened without a network; all else is our fault. */
export const handleError: HandleClientError = () => ({ message: navigator.onLine ? m.errorOurs() : m.offlineTitle() })
