/** The named characters that models write; any other stays as it was written. The full list would weigh more than the parser. */
const named: Record<string, string> = {
  __proto__: null as never,
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  deg: '°',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  bull: '•',
  middot: '·',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  times: '×',
  divide: '÷',
  plusmn: '±',
  minus: '−',
  ne: '≠',
  le: '≤',
  ge: '≥',
  asymp: '≈',
  infin: '∞',
  larr: '←',
  rarr: '→',
  uarr: '↑',
  darr: '↓',
  harr: '↔',
  pound: '£',
  euro: '€',
  yen: '¥',
  cent: '¢',
  frac12: '½',
  sup2: '²',
  sup3: '³',
  micro: 'µ',
  para: '¶',
  sect: '§',
  check: '✓',
}

const code = (digits: string, base: number): string => {
  const point = parseInt(digits, base)
  const forbidden = point === 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
  return forbidden ? '\ufffd' : String.fromCodePoint(point)
}

/** The character that `entity` (from `&` to `;`) stands for, if we know it. */
export const decodeEntity = (entity: string): string | undefined => {
  const numeric = /^&#(?:(\d{1,7})|[xX]([\da-fA-F]{1,6}));$/.exec(entity)
  if (numeric) return numeric[1] ? code(numeric[1], 10) : code(numeric[2] as string, 16)
  return named[entity.slice(1, -1)]
}

export const punctuation = /[!-/:-@[-`{-~]/

/** Text with its backslash escapes and entities replaced by what they stand for. */
export const unescapeText = (text: string): string =>
  text.replace(/\\([!-/:-@[-`{-~])|&#?\w{1,31};/g, (whole, escaped?: string) => escaped ?? decodeEntity(whole) ?? whole)
