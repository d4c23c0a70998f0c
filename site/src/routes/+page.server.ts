import { redirect } from '@sveltejs/kit'
import { readSession } from '$lib/server/session'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => {
  if (await readSession(event)) redirect(303, '/chat')
}
