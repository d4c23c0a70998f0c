import { getPublic } from '$lib/server/worker'
import { Status } from '@macro-ai/shared'
import type { PageServerLoad } from './$types'

/** An API that does not answer is a status too. */
export const load: PageServerLoad = async (event) => {
  const answer = await getPublic(event, '/status', Status)
  return { status: answer.ok ? answer.value : undefined }
}
