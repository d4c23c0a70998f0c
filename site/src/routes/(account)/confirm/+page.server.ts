import { redirect } from '@sveltejs/kit'
import { fieldsOf, formFailure, type FormTrouble } from '$lib/server/form'
import { signIn } from '$lib/server/sign-in'
import { erasePending, readPending, writePending, writeSession } from '$lib/server/session'
import { postAuth } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => ({ email: (await readPending(event))?.email ?? '' })

export const actions: Actions = {
  confirm: async (event) => {
    const fields = await fieldsOf(event)
    const { email = '', code = '', password } = fields
    const answer = await postAuth(event, 'confirm', { email, code: code.replace(/\s/g, '') })
    if (!answer.ok) return formFailure('confirm', fields, answer.problem)
    const signedIn = password ? await signIn(event, { email, password }) : undefined
    if (signedIn?.ok && 'accessToken' in signedIn.value) {
      erasePending(event)
      await writeSession(event, signedIn.value, email)
      redirect(303, '/chat')
    }
    // The address is confirmed all the same.
    await writePending(event, { email })
    redirect(303, '/sign-in?done=confirmed')
  },

  resend: async (event) => {
    const fields = await fieldsOf(event)
    const answer = await postAuth(event, 'resend', { email: fields.email ?? '' })
    if (!answer.ok) return formFailure('confirm', fields, answer.problem)
    const sent: FormTrouble = { values: fields, errors: {}, message: '', sent: true }
    return sent
  },
}
