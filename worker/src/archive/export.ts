import type { ExportHeader } from '@macro-ai/shared'
import type { ExportPage } from '../adapters/database/export.ts'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'

type Needs = Pick<Deps, 'store' | 'now'>
type User = { id: string }
/** Gives the page that comes after a place. */
type Pages = (after: string) => Promise<ExportPage>

/**
 * Texts as a stream. The next is asked for only when the reader wants it, so memory stays flat however many there are;
 * but the first two, a header and what the database has first, at once: while it is away that can still be said.
 */
const streamOf = async (texts: AsyncGenerator<string, void>): Promise<ReadableStream<Uint8Array>> => {
  const encoder = new TextEncoder()
  const begun = [await texts.next(), await texts.next()]
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = begun.shift() ?? (await texts.next())
        if (done) controller.close()
        else controller.enqueue(encoder.encode(value))
      },
    },
    { highWaterMark: 0 },
  )
}

/** Pages of lines between a header and a last line `end`, which says that nothing is missing. */
async function* archiveOf(now: number, sections: Pages[]): AsyncGenerator<string, void> {
  const header: ExportHeader = { type: 'macro-ai-export', version: 1, exportedAt: new Date(now).toISOString() }
  yield `${JSON.stringify(header)}\n`
  let lines = 1
  for (const pages of sections)
    for (let page = await pages(''); page.text !== null && page.after !== null; page = await pages(page.after)) {
      lines += page.lines
      yield `${page.text}\n`
    }
  yield `${JSON.stringify({ type: 'end', lines })}\n`
}

/** Everything that is a person's, as NDJSON. */
export const exportArchive = ({ store, now }: Needs, user: User): Promise<ReadableStream<Uint8Array>> =>
  streamOf(
    archiveOf(
      now(),
      store.sectionNames.map((section) => (after) => store.exportPage(user.id, section, after)),
    ),
  )

export type ExportedFile = { stream: ReadableStream<Uint8Array>; title: string }

const titleOf = async ({ store }: Needs, user: User, id: string): Promise<string> => {
  const title = await store.titleOf(user.id, id)
  if (title === undefined) throw new Problem('not_found')
  return title
}

/** One conversation with all its branches, as an archive that an import takes back. */
export const exportConversation = async (needs: Needs, user: User, id: string): Promise<ExportedFile> => ({
  title: await titleOf(needs, user, id),
  stream: await streamOf(archiveOf(needs.now(), [(after) => needs.store.exportConversation(user.id, id, after)])),
})

/** The path of a conversation that is shown, as Markdown. */
export const exportMarkdown = async (needs: Needs, user: User, id: string): Promise<ExportedFile> => {
  const title = await titleOf(needs, user, id)
  async function* texts() {
    yield `# ${title.replace(/[\\`*_[\]<>#]/g, '\\$&')}\n`
    for (let after = -1; ;) {
      const page = await needs.store.exportMarkdown(user.id, id, after)
      if (page.text !== null) yield `\n${page.text}\n`
      if (page.after === null) return
      after = page.after
    }
  }
  return { title, stream: await streamOf(texts()) }
}
