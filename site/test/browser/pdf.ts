import { pdfOf } from '../pdf.ts'

/** A PDF of pages with one line each. */
export const pdf = (lines: string[]) => Buffer.from(pdfOf(lines.map((line) => [line])))
