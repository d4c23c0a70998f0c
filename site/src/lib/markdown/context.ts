import { createContext } from 'svelte'

/** A passage that the answer may cite as `[n]`. */
export interface Source {
  readonly n: number
  readonly title: string
}

/** What an answer's inline nodes look up when they are drawn, because it may come after them. Getters keep it live. */
export interface Lookups {
  readonly definitions: ReadonlyMap<string, string | undefined>
  readonly notes: ReadonlyMap<string, number>
  /** The passage of a number: undefined where an answer was given none at all, null where it was given others. */
  readonly source: (n: number) => Source | undefined | null
  readonly cite: ((n: number) => void) | undefined
  /** Of a footnote's element, unique in the page. */
  readonly noteId: (number: number) => string
}

export const [lookups, provideLookups] = createContext<Lookups>()
