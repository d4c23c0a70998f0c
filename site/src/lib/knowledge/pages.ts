/** What was read out of a document: its text by pages where it has pages, with headings marked as in Markdown, or code. */
export type Page = { page?: number; text: string; code?: boolean }

/** Past this much text a document is cut off: it is more than a library may hold. */
export const maxCharacters = 12_000_000

/** Why a document cannot be read. Words for it are the page's: the reader works apart from it. */
export type Why =
  | 'picture'
  | 'too-large'
  | 'too-long'
  | 'empty'
  | 'no-text'
  | 'not-text'
  | 'not-word'
  | 'not-pdf'
  | 'password'
  | 'broken'

export class Unreadable extends Error {
  readonly why: Why

  constructor(why: Why) {
    super(why)
    this.why = why
  }
}
