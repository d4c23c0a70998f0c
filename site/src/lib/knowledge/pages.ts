/** What was read out of a document: its text by pages where it has pages, with headings marked as in Markdown. */
export type Page = { page?: number; text: string }

/** Past this much text a document is cut off: it is more than a library may hold. */
export const maxCharacters = 12_000_000

/** A document that cannot be read, in words for the person. */
export class Unreadable extends Error {}
