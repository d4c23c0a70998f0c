import { wantsCalm } from '$lib/design/look'

/** Within this of the end the reader has come back to it. */
const nearPx = 48
/** What turns something over or opens it: the reader looks at that, not at the end. */
const openers = '[aria-expanded]:not([aria-haspopup]), [aria-pressed], [role=group] button, .folded'

/** WebKit is the one that does not. */
const anchorsItself = typeof CSS !== 'undefined' && CSS.supports('overflow-anchor', 'auto')

const topIn = (scroller: HTMLElement, element: Element) => element.getBoundingClientRect().top + scroller.scrollTop

/** Keeps a scroller at its end while its content grows, for as long as the reader leaves it there; then what is read stays. */
export class Follower {
  atEnd = $state(true)
  /** Whether there is anything below what can be seen. */
  below = $state(false)
  #scroller: HTMLElement | undefined
  #nearby: IntersectionObserver | undefined
  /** Where it was when last looked at or moved from here. */
  #topPx = 0
  /** How high the content was then. */
  #heightPx = 0
  #read: { element: Element; topPx: number } | undefined

  /** For the element that scrolls. */
  watch = (scroller: HTMLElement) => {
    this.#scroller = scroller
    scroller.addEventListener('scroll', this.#look, { passive: true })
    scroller.addEventListener('wheel', this.#turn, { passive: true })
    const unwatch = this.grow(scroller)
    return () => {
      scroller.removeEventListener('scroll', this.#look)
      scroller.removeEventListener('wheel', this.#turn)
      unwatch()
    }
  }

  /** For what may change its size: the content, what stands below it, the scroller itself when a keyboard comes up. */
  grow = (element: HTMLElement) => {
    const grown = new ResizeObserver(() => {
      if (this.atEnd) this.toEnd()
      else this.#hold()
      this.#lookBelow()
    })
    grown.observe(element)
    return () => grown.disconnect()
  }

  /** For the content: who opens something in it reads on from there. */
  heed = (content: HTMLElement) => {
    const release = ({ target }: Event) => {
      if (target instanceof Element && target.closest(openers)) this.atEnd = false
    }
    content.addEventListener('click', release)
    // What is found by the browser in what is folded opens it.
    content.addEventListener('scroll', release, { capture: true, passive: true })
    return () => {
      content.removeEventListener('click', release)
      content.removeEventListener('scroll', release, { capture: true })
    }
  }

  /**
   * For each part of the content: marks those within a screen's height of the reader, so that they are laid out before
   * they come into view. Done only then, what they turn out to measure would push what is read.
   */
  near = (part: HTMLElement) => {
    const nearby = (this.#nearby ??= new IntersectionObserver(
      (seen) => {
        for (const { target, isIntersecting } of seen) target.toggleAttribute('data-near', isIntersecting)
      },
      { root: this.#scroller, rootMargin: '100% 0px' },
    ))
    nearby.observe(part)
    return () => nearby.unobserve(part)
  }

  toEnd(smoothly = false) {
    this.atEnd = true
    const scroller = this.#scroller
    if (!scroller) return
    const top = scroller.scrollHeight - scroller.clientHeight
    // A long way is jumped: nobody reads what flies by.
    const close = top - scroller.scrollTop < 3 * scroller.clientHeight
    scroller.scrollTo({ top, behavior: smoothly && close && !wantsCalm() ? 'smooth' : 'instant' })
    this.#topPx = scroller.scrollTop
    this.#heightPx = scroller.scrollHeight
  }

  /**
   * Leaves what is read where it is, whatever has changed its height above it. Most browsers see to that by themselves,
   * and to do it twice would be to move it.
   */
  #hold() {
    const scroller = this.#scroller
    if (!scroller || anchorsItself || !this.#read?.element.isConnected) return
    const topPx = topIn(scroller, this.#read.element)
    scroller.scrollTop += topPx - this.#read.topPx
    this.#read.topPx = topPx
    this.#topPx = scroller.scrollTop
  }

  #lookBelow() {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller as HTMLElement
    this.below = scrollHeight - scrollTop - clientHeight >= 1
  }

  /** Notes what is read, and where it stands in all there is. */
  #note(scroller: HTMLElement) {
    if (anchorsItself) return
    const { left, top, width, height } = scroller.getBoundingClientRect()
    for (const part of [0.4, 0.5, 0.6]) {
      const element = document.elementFromPoint(left + width / 2, top + height * part)?.closest('[data-message]')
      if (element) return (this.#read = { element, topPx: topIn(scroller, element) })
    }
  }

  /** The wish to go up counts before it has moved anything: content that grows in the same frame must not undo it. */
  #turn = ({ deltaY, currentTarget }: WheelEvent) => {
    if (deltaY < 0 && (currentTarget as HTMLElement).scrollTop > 0) this.atEnd = false
  }

  #look = () => {
    // What has changed since the last frame is not in any observer's hands yet.
    if (!this.atEnd) this.#hold()
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller as HTMLElement
    const leftPx = scrollHeight - scrollTop - clientHeight
    // The least step up is the wish to stay. What shrinks moves the reader up too, and may have grown again since.
    const shrunk = this.atEnd && scrollHeight < this.#heightPx
    if (scrollTop < this.#topPx) this.atEnd = shrunk || leftPx < 1
    else if (scrollTop > this.#topPx && leftPx < nearPx) this.atEnd = true
    this.#topPx = scrollTop
    this.#heightPx = scrollHeight
    this.below = leftPx >= 1
    this.#note(this.#scroller as HTMLElement)
  }
}
