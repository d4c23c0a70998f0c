import type { ProblemBody } from '@macro-ai/shared'
import { isTrouble, sentence, type TroubleCode } from '$lib/problems'

/** What the page needs of a problem, from the API or from the browser itself. */
export type Problem = Partial<Pick<ProblemBody, 'cap' | 'errors' | 'resetsAt' | 'retryAfterSeconds' | 'requestId'>> & {
  code: TroubleCode
  detail?: string
}

/** A call that failed, with the problem that says why. */
export class CallFailed extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(sentence(problem.code))
    this.problem = problem
  }
}

/** The problem behind anything thrown on the way: fetch and a broken stream throw plain errors. */
export const problemOf = (thrown: unknown): Problem =>
  thrown instanceof CallFailed ? thrown.problem : { code: 'network' }

const pauseSeconds = 3600

/** Reads a failed answer. One that is not ours (a proxy's page, the platform's) counts as an absent service. */
export const readProblem = async (response: Response): Promise<Problem> => {
  const text = await response.text().catch(() => '')
  const body = parsed(text)
  // Cloudflare's own page: the account's requests of the day are used up.
  if (response.status === 429 && !body) return { code: 'unreachable' }
  if (!body?.code || !isTrouble(body.code)) return { code: response.status === 404 ? 'not_found' : 'unavailable' }
  const retryAfter = Number(response.headers.get('retry-after') ?? body.retryAfterSeconds)
  // What is away is back in moments; only the owner's pause names an hour. Nobody is kept waiting for that.
  const code = body.code === 'unavailable' && retryAfter >= pauseSeconds ? 'paused' : body.code
  return { ...body, code, retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : undefined }
}

const parsed = (text: string): Partial<ProblemBody> | undefined => {
  try {
    return JSON.parse(text) as Partial<ProblemBody>
  } catch {
    return undefined
  }
}

/** Whether the same call may do better in a moment, with nobody doing anything. */
export const passes = ({ code }: Problem): boolean =>
  code === 'network' ||
  code === 'unreachable' ||
  code === 'unavailable' ||
  code === 'rate_limited' ||
  code === 'timeout'
