import { createSubscriber } from 'svelte/reactivity'

const system = matchMedia('(prefers-color-scheme: dark)')

/** The theme the page is shown in, the reader's choice or the system's. */
class Theme {
  readonly #subscribe = createSubscriber((update) => {
    const chosen = new MutationObserver(update)
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme', 'data-contrast'] })
    system.addEventListener('change', update)
    return () => {
      chosen.disconnect()
      system.removeEventListener('change', update)
    }
  })

  get isDark(): boolean {
    this.#subscribe()
    const chosen = document.documentElement.dataset['theme']
    return chosen ? chosen === 'dark' : system.matches
  }
}

export const theme = new Theme()
