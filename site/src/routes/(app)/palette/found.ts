import type { SearchHit } from '@macro-ai/shared'
import { hrefOf, openHit, titleOf } from '$lib/chat/hit'
import { plainPiece } from '$lib/markdown/plain-extract'
import * as m from '$messages'
import type { Command } from './command'

/** What a search found, as something to go to: a few lines under the commands, the rest is the search page's. */
export const goTo = (hits: SearchHit[]): Command[] =>
  hits.slice(0, 6).map((hit) => ({
    id: hrefOf(hit),
    group: m.search(),
    label: titleOf(hit),
    detail: plainPiece(hit.extract.map(({ text }) => text).join('')),
    icon: hit.type === 'message' ? 'chat' : 'document',
    run: () => openHit(hit),
  }))
