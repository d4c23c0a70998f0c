/**
 * How the reader wants the site to look, in this browser. Each choice is an attribute of the page, which app.html sets
 * before the first paint and tokens.css answers to; empty is what the system says.
 */
export type LookPart = 'theme' | 'text' | 'motion' | 'contrast' | 'currency' | 'sidebar'

export const lookOf = (part: LookPart): string => document.documentElement.dataset[part] ?? ''

/** Whether the reader wants less to move: chosen here, or in their system. */
export const wantsCalm = (): boolean =>
  lookOf('motion') === 'less' || matchMedia('(prefers-reduced-motion: reduce)').matches

export const setLook = (part: LookPart, value: string) => {
  if (value) document.documentElement.dataset[part] = value
  else delete document.documentElement.dataset[part]
  try {
    if (value) localStorage.setItem(part, value)
    else localStorage.removeItem(part)
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
