/** A piece of code and what it is; without a scope it is plain. */
export interface Span {
  readonly text: string
  readonly scope: string | undefined
}

/** More than this stays plain: colours are not worth a slow page. */
const maxCharacters = 50_000

/**
 * The code cut into spans, or undefined for a language we do not know. The highlighter is loaded when the first finished
 * block of code asks for it, and each language by itself.
 */
export const highlight = async (code: string, language: string): Promise<readonly Span[] | undefined> => {
  if (code.length > maxCharacters) return undefined
  try {
    const { colour } = await import('./colours.ts')
    return await colour(code, language)
  } catch {
    return undefined // A chunk that does not load, offline for one, leaves the code plain.
  }
}
