const mostCharacters = 60

/** A text on one line, without signs that nobody sees. */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()

/** Whether a text is short enough to be its own title. */
export const isTitle = (text: string): boolean => [...oneLine(text)].length <= mostCharacters

/**
 * A first title from the first words, until somebody finds a better one: at most 60 characters. It ends with a whole
 * word, unless that is so long, or words are so little set apart, that less than half would be left. Apart from the
 * schemas, so that browsers load no zod.
 */
export const titleOf = (text: string): string => {
  const characters = [...oneLine(text)]
  if (characters.length <= mostCharacters) return characters.join('')
  const cut = characters.slice(0, mostCharacters).join('')
  const words = cut.replace(/[,;:]?\s\S*$/, '')
  const isLong = words !== cut && [...words].length > mostCharacters / 2
  return `${isLong ? words : characters.slice(0, mostCharacters - 1).join('')}…`
}
