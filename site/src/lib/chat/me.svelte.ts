import type { Me, MePatch } from '@macro-ai/shared'
import { callJson } from './api'
import { Loaded } from './loaded.svelte'

/** Who is signed in, and what they chose; nothing until it is known, and if it cannot be. */
class Person extends Loaded<Me> {
  get me(): Me | null {
    return this.value ?? null
  }

  async change(patch: MePatch) {
    this.put(await callJson<Me>('/me', { method: 'PATCH', body: patch }))
  }
}

export const person = new Person('/me')
