import { maxMemories, type Memory, type NewMemory } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'

/** Keeps what a person wants to be remembered, in their own words. The same again is kept once. */
export const addMemory = async (
  { store }: Pick<Deps, 'store'>,
  user: { id: string },
  memory: NewMemory,
): Promise<Memory> => {
  const kept = await store.addMemory(user.id, memory)
  if (kept === 'full')
    throw new Problem('too_large', { detail: `There is room for ${maxMemories} memories. Delete some first.` })
  if (!kept) throw new Problem('conflict', { detail: 'This id means another memory.' })
  return kept
}
