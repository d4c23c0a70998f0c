import type { Rate } from '@macro-ai/shared'
import { lookOf, setLook } from '$lib/design/look'
import { numbers } from '$lib/i18n/intl'
import { region } from '$lib/i18n/language'
import { person } from './me.svelte'

/** In which currency the reader wants to see money; empty is that of their region. */
class Currency {
  #chosen = $state(typeof document === 'undefined' ? '' : lookOf('currency'))

  get chosen(): string {
    return this.#chosen
  }

  choose(code: string) {
    this.#chosen = code
    setLook('currency', code)
  }

  /** What dollars are turned into; nothing where they are shown as they are. */
  get rate(): Rate | undefined {
    const home = new Intl.Locale(region()).maximize().region ?? ''
    return person.me?.rates.find(({ currency, regions }) =>
      this.#chosen ? currency === this.#chosen : regions.includes(home),
    )
  }
}

export const currency = new Currency()

const written = (amount: number, code: string): string =>
  numbers({
    style: 'currency',
    currency: code,
    ...(amount > 0 && amount < 0.01 ? { minimumSignificantDigits: 1, maximumSignificantDigits: 2 } : {}),
  })
    .format(amount)
    // Between right-to-left words the sign of US$ would stand before its letters: a left-to-right mark holds it.
    .replace(/(?<=[A-Z])\p{Sc}$/u, '$&\u200e')

export const dollars = (micros: number): string => written(micros / 1_000_000, 'USD')

/** Money comes in micro-dollars. In another currency it is what it is about worth, and looks like that. */
export const money = (micros: number): string => {
  const { rate } = currency
  return rate ? `≈\u00a0${written((micros / 1_000_000) * rate.perDollar, rate.currency)}` : dollars(micros)
}
