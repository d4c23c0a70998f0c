import { redirect } from '@sveltejs/kit'
import { fieldsOf, formFailure } from '$lib/server/form'
import { writePending } from '$lib/server/session'
import { postAuth } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

/** An invitation's link brings its code. */
export const load: PageServerLoad = ({ url }) => ({ invite: url.searchParams.get('invite') ?? '' })

export const actions: Actions = {
  default: async (event) => {
    const fields = await fieldsOf(event)
    const { email = '', password = '', name, invite } = fields
    const answer = await postAuth(event, 'sign-up', {
      email,
      password,
      ...(name?.trim() && { name: name.trim() }),
      ...(invite?.trim() && { invite: invite.trim() }),
    })
    if (!answer.ok) return formFailure('sign-up', fields, answer.problem)
    await writePending(event, { email })
    redirect(303, '/confirm')
  },
}
