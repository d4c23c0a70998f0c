/** What was sent along with a message: texts whole, of pictures only how many there were. */
export type SentFiles = { files: { name: string; text: string }[]; pictures: number }

const FILE = /<file name="([^"]*)">\n([\s\S]*?)\n<\/file>\n?/g
const PICTURE = /^\(image\)(?:\n|$)/gm

/** The files in a message, and the message without them. */
export const readFiles = (text: string): SentFiles & { rest: string } => {
  const files = [...text.matchAll(FILE)].map(([, name = '', body = '']) => ({ name, text: body }))
  const without = text.replace(FILE, '')
  const pictures = without.match(PICTURE)?.length ?? 0
  return { files, pictures, rest: without.replace(PICTURE, '').trimStart() }
}

const listed = (things: string[]) => things.join(', ').replace(/, ([^,]*)$/, ' and $1')

/** What came with a message, for whoever has nothing else to say about it. */
export const received = ({ files, pictures }: SentFiles): string | undefined => {
  const names = files.map(({ name }) => `**${name}**`)
  const seen = pictures === 0 ? [] : [pictures === 1 ? 'a picture' : `${pictures} pictures`]
  if (names.length + seen.length === 0) return undefined
  return `I got ${listed([...names, ...seen])}.${pictures ? ' I am blind, though: a real model could look.' : ''}`
}
