import * as m from '$messages'

const fence = /^\s*(?:```|~~~)/gm
const sentenceEnd = /[.!?…]["'”’)\]]*\s|[。！？]|\n/g

/** Where the last whole sentence of a growing text ends; what stands in open code waits for its end. */
const lastEnd = (text: string): number => {
  const fences = [...text.matchAll(fence)]
  const last = fences.at(-1)
  // A fence closes code once its own line has ended: before that the newest line end is one of the code.
  const isWhole = last !== undefined && text.includes('\n', last.index + last[0].length)
  const open = fences.length % 2 ? last?.index : isWhole ? undefined : fences.at(-2)?.index
  const ends = [...text.slice(0, open).matchAll(sentenceEnd)].at(-1)
  return ends ? ends.index + ends[0].length : 0
}

/** Markdown as it is read aloud, line by line: without its marks, and of code only that there is some. */
export const unmarked = (markdown: string): string =>
  markdown
    .replace(/^\s*(```|~~~)([\w+#-]*)[\s\S]*?(?:^\s*\1.*$|$(?![\s\S]))/gm, (_, __, language: string) =>
      language ? m.reciteCode({ language }) : m.reciteSomeCode(),
    )
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*[|:\s-]+$|^\s*(?:#{1,6}|>|[-*+])\s+/gm, '')
    .replace(/\*{1,3}|(?<!\w)_{1,3}|_{1,3}(?!\w)|~~|`/g, '')

/** What has become of an answer. */
export const news = {
  streaming: m.reciteBegun,
  complete: m.reciteComplete,
  stopped: m.reciteStopped,
  interrupted: m.reciteInterrupted,
  failed: m.reciteFailed,
}

/** Gives out an answer that grows in whole sentences, each once. */
export class Recital {
  #at = 0

  /** What has come since the last time and can be said. */
  next(text: string, ended: boolean): string {
    const rest = text.slice(this.#at)
    const end = ended ? rest.length : lastEnd(rest)
    this.#at += end
    return unmarked(rest.slice(0, end))
      .replace(/[\s|]+/g, ' ')
      .trim()
  }
}
