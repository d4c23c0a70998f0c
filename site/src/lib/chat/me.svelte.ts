import type { Me } from '@macro-ai/shared'
import { callJson } from './api'

/** Who is signed in, and what they chose; nothing until it is known, and if it cannot be. */
class Person {
  me = $state.raw<Me | null>(null)

  async load() {
    this.me = await callJson<Me>('/me').catch(() => null)
  }
}

export const person = new Person()
