import type { Thread } from '$lib/chat/thread.svelte'
import type { Locale } from '$lib/i18n/locales.js'

declare global {
  namespace App {
    interface Locals {
      locale: Locale
      /** The reader's own kind of it, such as `en-GB`; nobody's on a page built ahead. */
      region: string | undefined
    }
    interface PageData {
      /** The conversation that the page is of. */
      thread?: Thread | undefined
    }
    interface Error {
      message: string
      requestId?: string
    }
  }
}

export {}
