import type { Visitor } from './visitor.ts'

export type Opened = { endMs: number; keyMs: number }

/** In the page: from the press on a conversation's link until its last message has been painted, and how far from its end. */
const openByLink = (title: string) =>
  new Promise<number>((resolve) => {
    const link = [...document.querySelectorAll<HTMLElement>('aside a')].find((each) => each.textContent === title)
    const began = performance.now()
    link?.click()
    const look = () => {
      const last = [...document.querySelectorAll('article[data-message]')].at(-1)
      const box = last?.getBoundingClientRect()
      // Painted once the frame after the one that has it begins.
      if (box && box.bottom > 0 && box.top < innerHeight && last?.textContent?.includes('Answer'))
        requestAnimationFrame(() => resolve(performance.now() - began))
      else requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })

/** In the page: how long each key takes from the keyboard to the frame that shows it. */
const watchKeys = () => {
  const keys: number[] = []
  addEventListener('keydown', ({ timeStamp }) =>
    requestAnimationFrame(() => setTimeout(() => keys.push(performance.now() - timeStamp))),
  )
  Object.assign(window, { keys })
}

/** Opens a conversation of the sidebar in a page that has just loaded, then types in it. */
export const opened = async ({ page }: Visitor, title: string): Promise<Opened> => {
  await page.goto('/chat')
  await page.locator('aside').getByRole('link', { name: title, exact: true }).waitFor()
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
  const endMs = await page.evaluate(openByLink, title)
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)))
  await page.evaluate(watchKeys)
  await page.getByLabel('Your message').pressSequentially('a thought in writing', { delay: 60 })
  const keys = await page.evaluate(() => (window as unknown as { keys: number[] }).keys)
  await page.getByLabel('Your message').fill('')
  return { endMs, keyMs: keys.toSorted((a, b) => a - b)[Math.floor(keys.length / 2)] ?? NaN }
}
