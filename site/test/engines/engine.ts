/** A browser that is neither of Playwright's: what the walk needs of it, whatever protocol it speaks. */
export type Engine = {
  name: string
  goto: (url: string) => Promise<void>
  /** What an expression is worth in the page, once it is known. */
  value: (expression: string) => Promise<unknown>
  /** Types into whatever has the focus. `\n` is the Enter key. */
  type: (text: string) => Promise<void>
  /** A PNG, in base64. */
  picture: () => Promise<string>
  /** What the page has complained of, as far as the protocol tells. */
  complaints: string[]
  quit: () => Promise<void>
}

/** Keys down and up, as both protocols want them. */
export const keyActions = (text: string) => [
  {
    type: 'key',
    id: 'keyboard',
    actions: [...text.replaceAll('\n', '\uE007')].flatMap((value) => [
      { type: 'keyDown', value },
      { type: 'keyUp', value },
    ]),
  },
]

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Waits for something to be so, and says what was not. */
export const until = async (what: string, holds: () => Promise<unknown>, ms = 30_000) => {
  for (const began = Date.now(); ; await pause(100)) {
    if (await holds().catch(() => false)) return
    if (Date.now() - began > ms) throw new Error(`It did not come to be that ${what}.`)
  }
}
