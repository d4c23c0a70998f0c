const key = 'documents'

/** Whether the next messages are answered from the person's documents. */
class Using {
  #on = $state(false)

  get on() {
    return this.#on
  }

  set on(on: boolean) {
    this.#on = on
    localStorage.setItem(key, on ? 'on' : 'off')
  }

  /** What was chosen last time, in this browser. */
  remember() {
    this.#on = localStorage.getItem(key) === 'on'
  }
}

export const documents = new Using()
