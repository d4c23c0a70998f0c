import { getPublic } from '$lib/server/worker'
import { SharedConversation } from '@macro-ai/shared'
import { error } from '@sveltejs/kit'
import type { PageServerLoad } from './$types'

export const load: PageServerLoad = async (event) => {
  // Whoever has the link may read; nobody shall find it by searching. Nothing is cached, so that taking it back holds at once.
  event.setHeaders({ 'x-robots-tag': 'noindex, nofollow', 'cache-control': 'private, no-store' })
  const token = encodeURIComponent(event.params.token)
  const answer = await getPublic(event, `/shared/${token}`, SharedConversation)
  if (!answer.ok) error(answer.problem.status, answer.problem.title)
  return { shared: answer.value, address: event.url.href, picture: new URL('/card.png', event.url).href }
}
