import { announce } from '$lib/announce'
import { sentence } from '$lib/problems'
import { problemOf } from './problem'

type Toast = { text: string; action?: { label: string; run: () => void } }

const shownMs = 8_000

/** The one short message at the page's head; a new one takes the old one's place. */
class Toasts {
  current = $state.raw<Toast | null>(null)
  #timer: ReturnType<typeof setTimeout> | undefined

  show(toast: Toast) {
    clearTimeout(this.#timer)
    this.current = toast
    announce(toast.text)
    if (toast.action) announce(toast.action.label)
    this.#timer = setTimeout(() => this.dismiss(), shownMs)
  }

  dismiss() {
    clearTimeout(this.#timer)
    this.current = null
  }
}

export const toasts = new Toasts()

/** For what failed behind somebody's back, where no part of the page can show why. */
export const tellTrouble = (thrown: unknown) => toasts.show({ text: sentence(problemOf(thrown).code) })
