/** Within this of the end the reader is following; above it they are reading, and nothing moves under them. */
const nearPx = 48

/** Keeps a scroller at its end while its content grows, for as long as the reader leaves it there. */
export class Follower {
  atEnd = $state(true)
  #scroller: HTMLElement | undefined
  #heightPx = 0

  /** For the element that scrolls. */
  watch = (scroller: HTMLElement) => {
    this.#scroller = scroller
    const look = () => (this.atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < nearPx)
    scroller.addEventListener('scroll', look, { passive: true })
    return () => scroller.removeEventListener('scroll', look)
  }

  /** For the element that grows inside it. */
  grow = (content: HTMLElement) => {
    const grown = new ResizeObserver(() => {
      const scroller = this.#scroller
      if (!scroller) return
      if (this.atEnd) scroller.scrollTop = scroller.scrollHeight
      // At the very top browsers do not hold on to what is read when something older appears above it.
      else if (scroller.scrollTop < 1) scroller.scrollTop = scroller.scrollHeight - this.#heightPx
      this.#heightPx = scroller.scrollHeight
    })
    grown.observe(content)
    return () => grown.disconnect()
  }

  toEnd(smoothly = false) {
    this.atEnd = true
    this.#scroller?.scrollTo({ top: this.#scroller.scrollHeight, behavior: smoothly ? 'smooth' : 'auto' })
  }
}
