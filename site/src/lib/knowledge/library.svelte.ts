import type { DocumentCard, LibraryRoom, Me } from '@macro-ai/shared'
import { callJson } from '$lib/chat/api'
import { Patience } from '$lib/chat/patience.svelte'
import { problemOf, type Problem } from '$lib/chat/problem'
import { Adding } from './adding.svelte'

type Page = { items: DocumentCard[]; nextCursor: string | null }

/** A person's documents, and what is being added to them. */
export class Library {
  readonly patience = new Patience()
  documents = $state.raw<DocumentCard[]>([])
  room = $state.raw<LibraryRoom>()
  me = $state.raw<Me>()
  adding = $state<Adding[]>([])
  loaded = $state(false)
  problem = $state.raw<Problem | null>(null)
  /** Whether documents are being embedded again, after the model was changed for one, or wait for something. */
  rereading = $state<'on' | 'waits'>()
  #running = false
  #left = false

  async load() {
    this.problem = null
    try {
      this.me = await this.patience.until(() => callJson<Me>('/me'))
      if (this.me.knowledge) {
        await this.#list()
        this.room = await this.patience.until(() => callJson<LibraryRoom>('/library'))
      }
      this.loaded = true
      void this.#reread()
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }

  async #list() {
    const documents: DocumentCard[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query: string = `?limit=100${cursor && `&cursor=${cursor}`}`
      const page: Page = await this.patience.until(() => callJson<Page>(`/documents${query}`))
      documents.push(...page.items)
      cursor = page.nextCursor
    }
    this.documents = documents
  }

  /** Takes files in, one after the other. What arrived before is in the list of documents: it makes way. */
  add(files: Iterable<File>) {
    const rest = this.adding.filter(({ step, problem }) => step !== 'done' || problem)
    this.adding = [...rest, ...Array.from(files, (file) => new Adding(file))]
    void this.#run()
  }

  async #run() {
    if (this.#running) return
    this.#running = true
    for (let next = this.#next(); next; next = this.#next()) {
      const card = await next.run(this.documents, this.me?.files ?? false)
      if (card) this.documents = [card, ...this.documents.filter(({ id }) => id !== card.id)]
      // Something of it may have arrived.
      else await this.#list().catch(() => undefined)
    }
    this.#running = false
    this.room = await callJson<LibraryRoom>('/library').catch(() => this.room)
  }

  /** Nobody looks any more. */
  leave() {
    this.#left = true
  }

  /** Embeds what cannot be found by its meaning yet, for as long as somebody looks. */
  async #reread() {
    for (const { id } of this.documents.filter(({ embedded, chunks }) => embedded < chunks))
      for (let card = this.#document(id); card && card.embedded < card.chunks && !this.#left;) {
        const before = card.embedded
        const now: DocumentCard | undefined = await callJson<DocumentCard>(`/documents/${id}/embed`, {
          method: 'POST',
        }).catch(() => undefined)
        // Without an embedding model it stays as it is.
        if (!now || now.embedded <= before) return void (this.rereading = now ? undefined : 'waits')
        this.rereading = 'on'
        this.documents = this.documents.map((one) => (one.id === id ? now : one))
        card = this.#document(id)
      }
    this.rereading = undefined
  }

  #document = (id: string) => this.documents.find((one) => one.id === id)

  #next(): Adding | undefined {
    return this.adding.find(({ step }) => step === 'waiting')
  }

  dismiss(adding: Adding) {
    adding.cancel()
    this.adding = this.adding.filter((one) => one !== adding)
  }

  /** Removes a document, and the file that it was read from. */
  async remove({ id, fileId }: DocumentCard) {
    this.problem = null
    try {
      await callJson(fileId ? `/files/${fileId}` : `/documents/${id}`, { method: 'DELETE' })
      this.documents = this.documents.filter((one) => one.id !== id && (fileId === null || one.fileId !== fileId))
      this.room = await callJson<LibraryRoom>('/library')
    } catch (thrown) {
      this.problem = problemOf(thrown)
    }
  }
}
