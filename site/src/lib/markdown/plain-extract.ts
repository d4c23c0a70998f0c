import type { Extract } from '@macro-ai/shared'
import { plain } from './plain.ts'

/** Signs of no language, which stand for where a match begins and ends. */
const [from, to] = ['\uE000', '\uE001']

/** An extract without Markdown's marks, whose parts are read together: a mark may open in one and close in another. */
export const plainExtract = (extract: Extract): Extract =>
  plain(extract.map(({ text, match }) => (match ? from + text + to : text)).join(''))
    .split(/\uE000([^\uE001]*)\uE001/)
    .map((text, at) => ({ text, match: at % 2 === 1 }))
    .filter(({ text }) => text !== '')
