import type * as Katex from './katex.ts'
import { inSlices } from './slices.ts'

/** Longer formulas are shown as they were written: what is drawn grows with its square at worst. */
const maxCharacters = 4000
/** With names of its own a short formula could grow without bound; KaTeX's framed box needs style attributes. */
const refused = /\\(?:[gex]?def|let|futurelet|(?:re|provide)?(?:new)?command|fcolorbox)(?![a-z])/i

let loading: Promise<typeof Katex> | undefined

/**
 * A formula in TeX as an element, or undefined if it cannot be drawn. KaTeX builds the element itself, node by node;
 * it is loaded when the first formula asks for it.
 */
export const drawFormula = async (tex: string, display: boolean): Promise<Node | undefined> => {
  if (tex.length > maxCharacters || refused.test(tex)) return undefined
  try {
    const { draw } = await (loading ??= import('./katex.ts'))
    return await inSlices(() => draw(tex, display))
  } catch {
    loading = undefined // Not TeX that KaTeX knows, or a chunk that did not load and may the next time.
    return undefined
  }
}
