import { sectionOf } from '$lib/sections'
import { sections } from './sections'
import type { EntryGenerator, PageLoad } from './$types'

/** Built once, for every section: the shell holds nothing of anyone. */
export const prerender = 'auto'
export const entries: EntryGenerator = () => [{}]

export const load: PageLoad = async ({ params }) => ({ Section: await sectionOf(sections, params.section) })
