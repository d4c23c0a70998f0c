import { getRequestEvent } from '$app/server'
import { readLanguageFrom } from '$lib/i18n/language'
import { catalog as ar } from '$messages/ar'
import { catalog as de } from '$messages/de'

const catalogs = { en: undefined, de, ar }

/** Each page is drawn in the language of its request. */
export const followRequests = () =>
  readLanguageFrom(() => {
    const { locale, region } = getRequestEvent().locals
    return { locale, catalog: catalogs[locale], region, made: {} }
  })
