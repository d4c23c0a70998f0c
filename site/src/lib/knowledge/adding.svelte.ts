import { maxChunksAtOnce, maxFileBytes } from '@macro-ai/shared/limits'
import type { DocumentCard, StoredFile } from '@macro-ai/shared'
import { newId } from '@macro-ai/shared/uuid'
import { call, callJson } from '$lib/chat/api'
import { CallFailed, problemOf, type Problem } from '$lib/chat/problem'
import type { TroubleCode } from '$lib/problems'
import * as m from '$messages'
import type { Chunk } from './chunker'
import { Unreadable, type Why } from './pages.ts'
import { readChunks } from './reader'

const byEnding: [RegExp, string][] = [
  [/\.pdf$/i, 'application/pdf'],
  [/\.docx$/i, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  [/\.(csv|tsv)$/i, 'text/csv'],
  [/\.(html?|xhtml)$/i, 'text/html'],
]

/** Why something was not added, in the reader's words. */
const reasons: Record<Why, () => string> = {
  picture: m.documentIsPicture,
  'too-large': m.fileIsTooLarge,
  'too-long': m.documentIsTooLong,
  empty: m.fileIsEmpty,
  'no-text': m.documentHasNoText,
  'not-text': m.documentIsNotText,
  'not-word': m.documentIsNotWord,
  'not-pdf': m.documentIsNotPdf,
  password: m.documentNeedsPassword,
  broken: m.documentIsBroken,
}

/** What the API refuses a document for, where the page has better words than for anything else. */
const refusals: Partial<Record<TroubleCode, () => string>> = {
  unsupported_type: m.documentIsOfNoUse,
  too_large: m.documentHasNoRoom,
  invalid: m.documentIsBroken,
}

/** How every picture begins that the API takes. It judges by content, as a name may say anything. */
const picture = /^(?:\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP)/s
const longestStart = 12

type Step = 'waiting' | 'uploading' | 'reading' | 'adding' | 'done' | 'failed' | 'cancelled'

/** One document on its way into the library. The same file once more goes on where it was left. */
export class Adding {
  readonly file: File
  step = $state<Step>('waiting')
  /** From 0 to 1. */
  share = $state(0)
  /** Why it failed, in words. */
  reason = $state('')
  problem = $state.raw<Problem | null>(null)
  #cancel = new AbortController()

  constructor(file: File) {
    this.file = file
  }

  get over(): boolean {
    return ['done', 'failed', 'cancelled'].includes(this.step)
  }

  cancel() {
    this.#cancel.abort()
  }

  /** Adds it; `known` are the documents that are here. Gives the document as it is at the end, however that came. */
  async run(known: DocumentCard[], withFiles: boolean): Promise<DocumentCard | undefined> {
    this.step = 'uploading'
    let card: DocumentCard | undefined
    try {
      if (await this.#isPicture()) throw new Unreadable('picture')
      const stored = withFiles ? await this.#upload() : undefined
      card = known.find(({ fileId }) => stored !== undefined && fileId === stored.id)
      if (!card || card.chunks < card.total) {
        const chunks = await this.#read(stored?.type)
        this.step = 'adding'
        card = await this.#add(chunks, stored?.id, card, (now) => (card = now))
      }
      card = await this.#embed(card)
      this.step = 'done'
    } catch (thrown) {
      const { aborted } = this.#cancel.signal
      this.step = aborted ? 'cancelled' : 'failed'
      // Who stopped it need not be told that it broke off.
      if (aborted) this.problem = null
      else if (thrown instanceof Unreadable) this.reason = reasons[thrown.why]()
      else {
        this.problem = problemOf(thrown)
        this.reason = refusals[this.problem.code]?.() ?? ''
      }
    }
    return card
  }

  async #isPicture(): Promise<boolean> {
    const start = new Uint8Array(await this.file.slice(0, longestStart).arrayBuffer())
    return picture.test(String.fromCharCode(...start))
  }

  async #upload(): Promise<StoredFile> {
    if (this.file.size > maxFileBytes) throw new Unreadable('too-large')
    if (this.file.size === 0) throw new Unreadable('empty')
    const path = `/files?name=${encodeURIComponent(this.file.name)}`
    const answer = await call(path, { method: 'POST', body: this.file, signal: this.#cancel.signal })
    return (await answer.json()) as StoredFile
  }

  async #read(type = byEnding.find(([ending]) => ending.test(this.file.name))?.[1] ?? 'text/plain'): Promise<Chunk[]> {
    this.step = 'reading'
    const bytes = new Uint8Array(await this.file.arrayBuffer())
    const chunks = await readChunks(
      { bytes, type, name: this.file.name },
      (done, of) => (this.share = done / of),
      this.#cancel.signal,
    )
    if (chunks.length === 0) throw new Unreadable('no-text')
    if (chunks.length > 10_000) throw new Unreadable('too-long')
    return chunks
  }

  async #add(
    chunks: Chunk[],
    fileId: string | undefined,
    begun: DocumentCard | undefined,
    sofar: (card: DocumentCard) => void,
  ): Promise<DocumentCard> {
    const send = (path: string, body: object) =>
      callJson<DocumentCard>(path, { method: 'POST', body, signal: this.#cancel.signal })
    let at = begun?.chunks ?? 0
    let card = begun
    while (at < chunks.length || !card) {
      const some = chunks.slice(at, at + maxChunksAtOnce)
      const title = this.file.name.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ').slice(0, 200)
      card = card
        ? await send(`/documents/${card.id}/chunks`, { position: at, chunks: some })
        : // Named after its file: what was sent and never heard of again is found by the same name.
          await send('/documents', { id: fileId ?? newId(), title, fileId, chunks: some, total: chunks.length })
      sofar(card)
      at += some.length
      this.share = at / chunks.length
    }
    return card
  }

  /** What could not be embedded on the way is now; when there is no money for it, its words are found all the same. */
  async #embed(card: DocumentCard): Promise<DocumentCard> {
    let now = card
    while (now.embedded < now.chunks) {
      const next = await callJson<DocumentCard>(`/documents/${now.id}/embed`, {
        method: 'POST',
        signal: this.#cancel.signal,
      }).catch((thrown: unknown) => {
        if (thrown instanceof CallFailed && !this.#cancel.signal.aborted) this.problem = thrown.problem
        else throw thrown
      })
      if (!next || next.embedded <= now.embedded) return now
      now = next
      this.share = now.embedded / now.chunks
    }
    return now
  }
}
