import 'katex/dist/katex.min.css'
import katex from 'katex'

/** This would set a style attribute from a string, which our content security policy refuses. */
const plainer = { '\\pmb': '\\boldsymbol{#1}' }

/** Throws what KaTeX says is wrong. Links, images and HTML in a formula are not trusted, nor is its size. */
export const draw = (tex: string, displayMode: boolean): Node => {
  const host = document.createElement('span')
  // A copy, because a formula may add to its macros.
  katex.render(tex, host, { displayMode, throwOnError: true, strict: 'ignore', maxSize: 20, macros: { ...plainer } })
  return host
}
