import 'katex/dist/katex.min.css'
import katex from 'katex'
import { inSlices } from './slices.ts'

/** Longer formulas are shown as they were written: what is drawn grows with its square at worst. */
const maxCharacters = 4000
/** With names of its own a short formula could grow without bound; KaTeX's framed box needs style attributes. */
const refused = /\\(?:[gex]?def|let|futurelet|(?:re|provide)?(?:new)?command|fcolorbox)(?![a-z])/i
/** This would set a style attribute from a string, which our content security policy refuses. */
const plainer = { '\\pmb': '\\boldsymbol{#1}' }

/**
 * A formula as an element, which KaTeX builds itself, node by node; or undefined if it cannot be drawn. Links, images
 * and HTML in a formula are not trusted, nor is its size.
 */
export const draw = async (tex: string, displayMode: boolean): Promise<Node | undefined> => {
  if (tex.length > maxCharacters || refused.test(tex)) return undefined
  // A copy, because a formula may add to its macros.
  const options = { displayMode, throwOnError: true, strict: 'ignore', maxSize: 20, macros: { ...plainer } } as const
  const host = document.createElement('span')
  return inSlices(() => {
    try {
      katex.render(tex, host, options)
      return host
    } catch {
      return undefined
    }
  })
}
