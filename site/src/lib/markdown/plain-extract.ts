import type { Extract } from '@macro-ai/shared'
import { plainFormula } from './plain-formula.ts'
import { plain } from './plain.ts'

/** Fences of code, with its language; what stands below a table's head; what parts its cells. */
const blocks = /(?<=^|\s)(?:`{3,}[\w+#-]*|\|?(?::?-+:?\|)+(?::?-+:?)?|\||:?-{3,}:?)(?=\s|$)/g

/** Code, which stays as it is; formulas in marks that mean nothing else; in single dollars with a sign of TeX in it. */
const formulas =
  /(`+)[^`]+\1|\\\((.+?)\\\)|\\\[(.+?)\\\]|\$\$(.+?)\$\$|(?<![\w$])\$((?! )[^$`]*[\\^_={}][^$`]*)(?<! )\$(?![\w$])/g

const readFormulas = (text: string): string =>
  text.replace(formulas, (whole, code: string | undefined, ...parts: (string | undefined)[]) =>
    code ? whole : plainFormula(parts.slice(0, 4).find(Boolean) ?? ''),
  )

/** A piece of Markdown, put on one line, as it would be read. A lone star is an item among others, or a product. */
export const plainPiece = (markdown: string): string =>
  plain(readFormulas(markdown).replace(blocks, '')).replace(/(?<=\s)\*(?=\s)/g, '·')

/** Signs of no language, which stand for where a match begins and ends. */
const [from, to] = ['\uE000', '\uE001']

/** An extract without Markdown's marks, whose parts are read together: a mark may open in one and close in another. */
export const plainExtract = (extract: Extract): Extract =>
  plainPiece(extract.map(({ text, match }) => (match ? from + text + to : text)).join(''))
    .split(/\uE000([^\uE001]*)\uE001/)
    .map((text, at) => ({ text, match: at % 2 === 1 }))
    .filter(({ text }) => text !== '')
