import type { SearchHit } from '@macro-ai/shared'
import { keyOf, openHit, titleOf } from '$lib/chat/hit'
import { plainPiece } from '$lib/markdown/plain-extract'
import * as m from '$messages'
import type { Command } from './command'

/** What a search found, as something to go to: a few lines under the commands, the rest is the search page's. */
export const goTo = (hits: SearchHit[], words: string): Command[] =>
  hits.slice(0, 6).map((hit) => ({
    id: keyOf(hit),
    group: m.search(),
    label: titleOf(hit),
    detail: plainPiece(hit.extract.map(({ text }) => text).join('')),
    icon: hit.type === 'message' ? 'chat' : 'document',
    run: () => openHit(hit, words),
  }))
