import { randomUUID } from 'node:crypto'

/**
 * An export of ours with one conversation: what its two sides said in turn, the person first, a second apart from
 * `began` on.
 */
export const archiveOf = (
  title: string,
  texts: readonly string[],
  { began = Date.UTC(2026, 0, 1), pinned = false } = {},
): string => {
  const conversationId = randomUUID()
  const ids = texts.map(() => randomUUID())
  const lines = [
    { type: 'macro-ai-export', version: 1, exportedAt: new Date(began).toISOString() },
    {
      type: 'conversation',
      ...{ id: conversationId, title, pinned, archived: false, model: null, instructions: '' },
      leafId: ids.at(-1),
      createdAt: new Date(began).toISOString(),
    },
    ...texts.map((text, at) => ({
      type: 'message',
      ...{ id: ids[at], conversationId, parentId: ids[at - 1] ?? null, text },
      ...{ role: at % 2 ? 'assistant' : 'user', status: 'complete', model: null, sources: [] },
      createdAt: new Date(began + at * 1000).toISOString(),
    })),
  ]
  return lines.map((line) => JSON.stringify(line)).join('\n')
}

/** Gives somebody what an archive holds. */
export const importArchive = async (apiUrl: string, who: { email: string; password: string }, archive: string) => {
  const signedIn = await fetch(`${apiUrl}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(who),
  })
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  const send = () =>
    fetch(`${apiUrl}/me/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${accessToken}` },
      body: archive,
    })
  let answer = await send()
  // A busy machine's database is late. The same import again adds nothing twice.
  for (let tries = 0; answer.status === 503 && tries < 5; tries++) answer = await send()
  if (!answer.ok) throw new Error(`The import failed: ${answer.status} ${await answer.text()}`)
}
