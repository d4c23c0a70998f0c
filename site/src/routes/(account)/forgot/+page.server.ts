import { redirect } from '@sveltejs/kit'
import { fieldsOf, formFailure } from '$lib/server/form'
import { readPending, writePending } from '$lib/server/session'
import { postAuth } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => ({ email: (await readPending(event))?.email ?? '' })

export const actions: Actions = {
  default: async (event) => {
    const fields = await fieldsOf(event)
    const { email = '' } = fields
    const answer = await postAuth(event, 'forgot', { email })
    if (!answer.ok) return formFailure('forgot', fields, answer.problem)
    await writePending(event, { email })
    redirect(303, '/reset')
  },
}
