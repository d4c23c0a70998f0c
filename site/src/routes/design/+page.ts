import { dev } from '$app/environment'
import { error } from '@sveltejs/kit'
import * as m from '$messages'
import type { PageLoad } from './$types'

/** The design's parts, all on one page, for those who work on it: a build has none of it. */
export const load: PageLoad = async () => {
  if (dev) return { Parts: (await import('./Parts.svelte')).default }
  error(404, m.errorNoPage())
}
