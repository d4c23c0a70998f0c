import { redirect } from '@sveltejs/kit'
import { fieldsOf, formFailure } from '$lib/server/form'
import { readPending, writePending } from '$lib/server/session'
import { postAuth } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => ({ email: (await readPending(event))?.email ?? '' })

export const actions: Actions = {
  default: async (event) => {
    const fields = await fieldsOf(event)
    const { email = '', code = '', password = '' } = fields
    const answer = await postAuth(event, 'reset', { email, code: code.replace(/\s/g, ''), password })
    if (!answer.ok) return formFailure('reset', fields, answer.problem)
    await writePending(event, { email })
    redirect(303, '/sign-in?done=reset')
  },
}
