import { maxFileBytes } from '@macro-ai/shared/limits'
import type { DocumentCard, StoredFile } from '@macro-ai/shared'
import { newId } from '@macro-ai/shared/uuid'
import { Adding } from '$lib/knowledge/adding.svelte'
import { documents } from '$lib/knowledge/use.svelte'
import * as m from '$messages'
import { call, callJson } from './api'
import { mostAttached } from './attached'
import { person } from './me.svelte'
import { shrunk } from './pictures'
import { CallFailed, problemOf, type Problem } from './problem'
import type { Writing } from './writing.svelte'

/** What a model cannot read as it is: its text is taken out here and kept in the library, passage by passage. */
const isDocument = ({ name }: File) => /\.(?:pdf|docx)$/i.test(name)

/** A file on its way to the API. */
export class Upload {
  readonly key = newId()
  readonly name: string
  /** Why it did not arrive, in words. */
  reason = $state('')
  problem = $state.raw<Problem | null>(null)
  readonly leave = new AbortController()

  constructor(name: string) {
    this.name = name
  }
}

/** What is being added to one message, while it is on its way. Drafts keep what has arrived. */
export class Uploading {
  uploads = $state<Upload[]>([])
  /** Documents on their way into the library. */
  documents = $state<Adding[]>([])
  readonly #writing: Writing

  constructor(writing: Writing) {
    this.#writing = writing
  }

  get busy(): boolean {
    return this.uploads.some(({ reason, problem }) => !reason && !problem) || this.documents.some(({ over }) => !over)
  }

  get empty(): boolean {
    return this.uploads.length === 0 && this.documents.length === 0
  }

  add(files: Iterable<File>) {
    const all = [...files]
    const toRead = person.me?.knowledge ? all.filter(isDocument) : []
    for (const file of all) if (!toRead.includes(file)) void this.#send(file)
    if (toRead.length > 0) void this.#read(toRead)
  }

  dismiss(adding: Adding) {
    adding.cancel()
    this.documents = this.documents.filter((one) => one !== adding)
  }

  /** Takes documents into the library, one after the other; what is asked next is answered from there. */
  async #read(files: File[]) {
    const from = this.documents.length
    this.documents.push(...files.map((file) => new Adding(file)))
    const known = await callJson<{ items: DocumentCard[] }>('/documents?limit=100').catch(() => ({ items: [] }))
    for (const adding of this.documents.slice(from)) {
      const card = await adding.run(known.items, person.me?.files ?? false)
      if (card && card.chunks > 0) documents.on = true
    }
  }

  drop(upload: Upload) {
    upload.leave.abort()
    this.uploads = this.uploads.filter(({ key }) => key !== upload.key)
  }

  async #send(file: File) {
    // A picture that was pasted has no name of its own.
    this.uploads.push(new Upload(file.name || m.pastedPicture()))
    const upload = this.uploads.at(-1)
    if (!upload) return
    try {
      if (this.#writing.attachments.length + this.uploads.length > mostAttached) throw new Refused(m.tooManyFiles())
      if (file.size === 0) throw new Refused(m.fileIsEmpty())
      const body = await shrunk(file)
      if (body.size > maxFileBytes) throw new Refused(m.fileIsTooLarge())
      const path = `/files?name=${encodeURIComponent(upload.name)}`
      const answer = await call(path, { method: 'POST', body, signal: upload.leave.signal })
      const { id, name, type, bytes } = (await answer.json()) as StoredFile
      this.#writing.attach({ id, name, type, bytes })
      this.drop(upload)
    } catch (thrown) {
      if (upload.leave.signal.aborted) return
      if (thrown instanceof Refused) upload.reason = thrown.message
      else if (thrown instanceof CallFailed && thrown.problem.code === 'unsupported_type')
        upload.reason = m.fileIsOfNoUse()
      else upload.problem = problemOf(thrown)
    }
  }
}

class Refused extends Error {}

const known = new WeakMap<Writing, Uploading>()

/** What is on its way for a message stays so while another conversation is looked at. */
export const uploadingFor = (writing: Writing): Uploading => {
  const uploading = known.get(writing) ?? new Uploading(writing)
  known.set(writing, uploading)
  return uploading
}
