/** So long a line stands there: what was said is not to be found on the page a second time. */
const standsMs = 10_000

/**
 * Has a screen reader say it, once it has said what it is saying. A page has one place that is listened to; app.html has
 * it, so that it is there before anything is said.
 */
export const announce = (text: string) => {
  const line = document.createElement('p')
  line.textContent = text
  document.querySelector('[aria-live=polite]')?.append(line)
  setTimeout(() => line.remove(), standsMs)
}

/** Announces what an element says when it appears. */
export const announced = (element: HTMLElement) => announce(element.innerText)
