import type { Claim } from '../adapters/database/knowledge.ts'
import type { Deps } from '../deps.ts'

/** Longer than a call to the model takes with its trips to the database: only who is never heard of again loses a claim. */
const claimMs = 60_000

/** What somebody claims passages by, until they are embedded. Its end also tells it from another one of the same moment. */
export const claimOf = ({ now }: Pick<Deps, 'now'>): Claim => {
  const at = now()
  return { now: new Date(at), until: new Date(at + claimMs + Math.random() * 10_000) }
}

/** Does what a claim is for. Where it fails the claim is given up, also one of which the database could not tell. */
export const lettingGo = async <Result>(
  { store }: Pick<Deps, 'store'>,
  userId: string,
  claim: Claim,
  work: () => Promise<Result>,
): Promise<Result> => {
  try {
    return await work()
  } catch (error) {
    await store.letGo(userId, claim).catch(() => undefined)
    throw error
  }
}
