import { Tokens } from '@macro-ai/shared'
import { redirect } from '@sveltejs/kit'
import { carriedFrom, isAgain } from '$lib/sign-in'
import { fieldsOf, formFailure, ownPath } from '$lib/server/form'
import { erasePending, readPending, readSession, writePending, writeSession } from '$lib/server/session'
import { signIn } from '$lib/server/sign-in'
import { postAuth, problem } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => {
  const [session, pending] = await Promise.all([readSession(event), readPending(event)])
  if (session && !isAgain(event.url)) redirect(303, '/chat')
  return { email: pending?.email ?? '', challenged: pending?.challengeSession !== undefined }
}

export const actions: Actions = {
  password: async (event) => {
    const fields = await fieldsOf(event)
    const { email = '', password = '' } = fields
    const answer = await signIn(event, { email, password })
    if (!answer.ok) {
      // A code may be all that is missing: the confirm page must know whose.
      if (answer.problem.code === 'unauthenticated') await writePending(event, { email })
      return formFailure('sign-in', fields, answer.problem)
    }
    if ('challenge' in answer.value) {
      await writePending(event, { email, challengeSession: answer.value.session })
      redirect(303, event.url.pathname + carriedFrom(event.url).replace('&', '?'))
    }
    erasePending(event)
    await writeSession(event, answer.value, email)
    redirect(303, ownPath(event.url.searchParams.get('next')))
  },

  challenge: async (event) => {
    const fields = await fieldsOf(event)
    const pending = await readPending(event)
    if (!pending?.challengeSession) return formFailure('challenge', fields, problem('unauthenticated'))
    const { email, challengeSession: session } = pending
    const answer = await postAuth(event, 'challenge', { email, session, code: fields.code?.trim() ?? '' }, Tokens)
    if (!answer.ok) return formFailure('challenge', fields, answer.problem)
    erasePending(event)
    await writeSession(event, answer.value, email)
    redirect(303, ownPath(event.url.searchParams.get('next')))
  },

  startOver: async (event) => {
    erasePending(event)
    redirect(303, event.url.pathname + carriedFrom(event.url).replace('&', '?'))
  },
}
