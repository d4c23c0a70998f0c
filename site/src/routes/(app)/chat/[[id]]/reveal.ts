import { goto } from '$app/navigation'
import { page } from '$app/state'
import { tick } from 'svelte'
import type { Thread } from '$lib/chat/thread.svelte'
import { toasts } from '$lib/chat/toasts.svelte'
import { sentence } from '$lib/problems'

const flashMs = 2_000
const mostFrames = 300

/** Brings a message into view: older ones are loaded until it is there, or else the branch that it is on is opened. */
export const reveal = async (thread: Thread, messageId: string) => {
  const shown = () => thread.entries.some(({ id }) => id === messageId)
  await loadBackTo(thread, messageId)
  if (!shown()) {
    await thread.showBranch(messageId)
    await loadBackTo(thread, messageId)
  }
  // Asked once: a reload, or coming back to this page, leaves the reader where they are.
  const url = new URL(page.url)
  url.searchParams.delete('message')
  await goto(url, { replaceState: true, keepFocus: true, noScroll: true })
  const element = shown() && (await drawn(messageId))
  if (element) show(element)
  else toasts.show({ text: sentence('not_found') })
}

/** Ids are made in the order of time: once one that is older is here, the message is on this branch or on another. */
const loadBackTo = async (thread: Thread, messageId: string) => {
  for (let [first] = thread.entries; first && first.id > messageId && thread.older.more; [first] = thread.entries) {
    await thread.older.load()
    if (thread.entries[0] === first) return
  }
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

const centre = async (element: HTMLElement) => {
  for (let frame = 0; frame < settlingFrames; frame++) {
    element.scrollIntoView({ block: 'center' })
    await nextFrame()
  }
}

const show = (element: HTMLElement) => {
  void centre(element)
  element.tabIndex = -1
  element.focus({ preventScroll: true })
  element.animate({ backgroundColor: ['var(--accent-soft)', 'transparent'] }, { duration: flashMs, easing: 'ease-in' })
}
