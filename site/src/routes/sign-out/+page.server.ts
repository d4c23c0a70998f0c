import { redirect } from '@sveltejs/kit'
import { eraseSession, readSession } from '$lib/server/session'
import { postAuth } from '$lib/server/worker'
import type { Actions, PageServerLoad } from './$types'

export const load: PageServerLoad = () => redirect(303, '/')

export const actions: Actions = {
  default: async (event) => {
    const session = await readSession(event)
    eraseSession(event)
    // The browser forgets either way; an API that is away only means that the token runs out by itself.
    if (session) await postAuth(event, 'sign-out', { refreshToken: session.refreshToken })
    const done = event.url.searchParams.get('done')
    redirect(303, done ? `/sign-in?${new URLSearchParams({ done })}` : '/')
  },
}
