import { goto } from '$app/navigation'
import { page } from '$app/state'
import { tick } from 'svelte'
import { loadBackTo, showBranch } from '$lib/chat/branching'
import type { Thread } from '$lib/chat/thread.svelte'
import { toasts } from '$lib/chat/toasts.svelte'
import { sentence } from '$lib/problems'

const flashMs = 2_000
const mostFrames = 300

type Wanted = { messageId: string; word: string | null }

/**
 * Brings a message into view, and in a long one the word that was found: older ones are loaded until it is there, or
 * else the branch that it is on is opened.
 */
export const reveal = async (thread: Thread, { messageId, word }: Wanted) => {
  const shown = () => thread.entries.some(({ id }) => id === messageId)
  await loadBackTo(thread, messageId)
  if (!shown()) await showBranch(thread, messageId)
  // Asked once: a reload, or coming back to this page, leaves the reader where they are.
  const url = new URL(page.url)
  for (const name of ['message', 'word']) url.searchParams.delete(name)
  await goto(url, { replaceState: true, keepFocus: true, noScroll: true })
  const entry = thread.entries.find(({ id }) => id === messageId)
  if (entry) entry.unfolded = true
  const element = entry && (await drawn(messageId))
  if (element) show(element, word)
  else toasts.show({ text: sentence('not_found') })
}

/** A long conversation is drawn from its end upward, a part in each frame. */
const drawn = async (messageId: string): Promise<HTMLElement | undefined> => {
  await tick()
  for (let frame = 0; frame < mostFrames; frame++) {
    const element = document.querySelector<HTMLElement>(`[data-message="${CSS.escape(messageId)}"]`)
    if (element) return element
    await nextFrame()
  }
  return undefined
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

/** What lay off the screen gets its real height only when it comes near, a part in each frame. */
const settlingFrames = 20

const whileSettling = async (bring: () => void) => {
  for (let frame = 0; frame < settlingFrames; frame++) {
    bring()
    await nextFrame()
  }
}

/** Keeps a message in view while what is around it still gets its height. */
export const keepInView = (element: Element) => whileSettling(() => element.scrollIntoView({ block: 'nearest' }))

const centre = (element: HTMLElement, word: string | null) =>
  whileSettling(() => {
    element.scrollIntoView({ block: 'center' })
    if (element.offsetHeight > innerHeight / 2) centreWord(element, word)
  })

/** Found by its words, a message has them somewhere: their first place in it will do. */
const centreWord = (element: HTMLElement, word: string | null) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  while (word && texts.nextNode()) {
    const at = texts.currentNode.nodeValue?.indexOf(word) ?? -1
    if (at < 0) continue
    const range = document.createRange()
    range.setStart(texts.currentNode, at)
    const { top } = range.getBoundingClientRect()
    return element.closest('.scroll')?.scrollBy({ top: top - innerHeight / 2, behavior: 'instant' })
  }
}

const show = (element: HTMLElement, word: string | null) => {
  void centre(element, word)
  element.tabIndex = -1
  element.focus({ preventScroll: true })
  element.animate({ backgroundColor: ['var(--accent-soft)', 'transparent'] }, { duration: flashMs, easing: 'ease-in' })
}
