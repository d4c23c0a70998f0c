/** A word piece of up to four letters with the space before it, or else one single character. Never splits a code point. */
const PIECE = /\s?[\p{L}\p{M}\p{N}]{1,4}|[\s\S]/gu

/** Text cut into tokens; joined again they are the text. A token is at least one UTF-8 byte, so tokens never outnumber bytes. */
export const tokenise = (text: string): string[] => text.match(PIECE) ?? []

export const byteLength = (text: string) => Buffer.byteLength(text)
