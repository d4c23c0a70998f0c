import { shellOf } from '$lib/i18n/locales.js'
import type { Reroute } from '@sveltejs/kit'

export const reroute: Reroute = ({ url }) => shellOf(url.pathname)?.path
