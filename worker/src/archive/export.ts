import type { ExportHeader } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'

type Needs = Pick<Deps, 'store' | 'now'>

/**
 * Everything that is a person's, as NDJSON. A page is asked of the database only when the reader wants more, so memory
 * stays flat however much there is. A last line `end` says that nothing is missing.
 */
export const exportArchive = ({ store, now }: Needs, user: { id: string }): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder()
  const lineOf = (value: object) => encoder.encode(`${JSON.stringify(value)}\n`)
  const sections = [...store.sectionNames]
  let after = ''
  let lines = 1
  const header: ExportHeader = {
    type: 'macro-ai-export',
    version: 1,
    exportedAt: new Date(now()).toISOString(),
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(lineOf(header)),
      pull: async (controller) => {
        for (;;) {
          const [section] = sections
          if (section === undefined) {
            controller.enqueue(lineOf({ type: 'end', lines }))
            return controller.close()
          }
          const page = await store.exportPage(user.id, section, after)
          if (page.text !== null && page.after !== null) {
            after = page.after
            lines += page.lines
            return controller.enqueue(encoder.encode(`${page.text}\n`))
          }
          sections.shift()
          after = ''
        }
      },
    },
    { highWaterMark: 0 },
  )
}
