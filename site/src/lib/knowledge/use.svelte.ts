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

  /** As somebody wants it, who is told where there is nothing to answer from. */
  toggle() {
    this.on = !this.on
    if (this.on) void import('./nothing-there').then(({ tellIfEmpty }) => tellIfEmpty()).catch(() => undefined)
  }

  /** What was chosen last time, in this browser. */
  remember() {
    this.#on = localStorage.getItem(key) === 'on'
  }
}

export const documents = new Using()
