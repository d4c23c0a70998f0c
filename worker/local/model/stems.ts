/** Chinese and Japanese write no spaces: each of their characters counts as a word. */
const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu

const STOP_WORDS = new Set(
  `a about after again all also am an and any are as at be been before but by can could did do does don for from get give
  had has have he her here hers him his how i if in into is it its just know let like ll many me more most much my no not of on
  one only or our out over please re s say she should so some such t tell than that the their them then there these they
  this those to too under until up us use ve very was we were what when where which while who whom why will with would
  you your`.split(/\s+/),
)

export const isStopWord = (word: string) => STOP_WORDS.has(word)

/** Lower-case words without their accents. */
export const words = (text: string): string[] =>
  text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(WORD) ?? []

/** Good enough to bring `tides` to `tide`, `baking` to `bak` and `baked` to `bak`; both sides of a comparison use it. */
export const stem = (word: string): string => {
  if (word.length < 4) return word
  const bare = word
    .replace(/ies$/, 'y')
    .replace(/(sses|shes|ches|xes)$/, (end) => end.slice(0, -2))
    .replace(/([^su])s$/, '$1')
  const cut = bare.replace(/(?<=[a-z]{3})(ing|ed|ly)$/, '').replace(/([bdgmnprt])\1$/, '$1')
  return cut.length > 3 ? cut.replace(/e$/, '') : cut
}

/** The stems that carry a text's meaning. */
export const keyStems = (text: string): string[] =>
  words(text)
    .filter((word) => !isStopWord(word))
    .map(stem)
