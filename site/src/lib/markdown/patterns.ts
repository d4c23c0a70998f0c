/** A word and the space after it; long ones in pieces, so that one endless word cannot stay unsettled for ever. */
export const plain = /[^\\`*_~[\]!<&@$\s]{0,1000}[^\S\n]{0,1000}/uy
/** A letter that an address begins with, and before it (here: after it) no letter or digit. */
export const wordStart = /^[hw](?![\p{L}\p{N}])/iu
export const entity = /&#?\w{1,31};/y
export const autolink = /<([a-z][a-z\d+.-]{1,31}:[^\s<>]{0,1000}|[\w.+-]{1,64}@[a-z\d.-]{1,255})>/iy
export const unfinishedAutolink = /<(?:[a-z][^\s<>]{0,100})?$/iy
export const lineBreakTag = /<br *\/?>/iy

/** What a sticky pattern finds at exactly this place. */
export const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}
