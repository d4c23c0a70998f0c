/** Letters without their accents, so that `cafe` finds `Café`; one for one, so that places stay what they are. */
const folded = (text: string): string[] =>
  Array.from(text, (letter) => (letter.normalize('NFD')[0] ?? letter).toLowerCase())

/** The best score of what was typed, each of whose letters stands `anywhere`, or else follows the last or begins a word. */
const scoreOf = (typed: string, text: string, anywhere: boolean): number | undefined => {
  const letters = folded(text)
  const begins = letters.map((_, at) => at === 0 || /[\s\p{P}]/u.test(letters[at - 1] ?? ''))
  /** The best score with the letters typed so far, the last of them at this place of the text. */
  let scores: number[] | undefined
  for (const letter of folded(typed.replace(/\s+/g, ''))) {
    const before = scores
    let best = before ? -Infinity : 0
    scores = letters.map((found, at) => {
      const here = begins[at] ? best + 2 : anywhere ? best : -Infinity
      const score = found === letter ? Math.max(here, (before?.[at - 1] ?? -Infinity) + 3) : -Infinity
      best = Math.max(best, before?.[at] ?? -Infinity)
      return score
    })
  }
  const score = scores ? Math.max(...scores) : 0
  return score === -Infinity ? undefined : score - letters.length / 100
}

/**
 * How well what was typed fits a text: its letters must occur in order. Letters that follow one another, and that begin
 * words, weigh more; a long text weighs less. Nothing if it does not fit.
 */
export const fitness = (typed: string, text: string): number | undefined => scoreOf(typed, text, true)

/** Whether a text is likely meant: it holds what was typed as it is, or begins its words with the parts of it. */
export const isMeant = (typed: string, text: string): boolean =>
  scoreOf(typed, text, false) !== undefined || folded(text).join('').includes(folded(typed.trim()).join(''))
