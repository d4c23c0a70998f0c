import type { ChatCompletion, Model } from '@macro-ai/shared'
import { pictureOf } from '../files/picture.ts'
import { Problem } from '../problem.ts'

type Messages = ChatCompletion['messages']

const dataUrl = /^data:image\/(?:png|jpeg|gif|webp);base64,/
/** Enough of a picture to tell its type. */
const firstLetters = 64

/** Whether it is what its address says, by its first bytes. */
const isPicture = (url: string): boolean => {
  const [head = ''] = dataUrl.exec(url.slice(0, firstLetters)) ?? []
  try {
    const bytes = Uint8Array.from(atob(url.slice(head.length, head.length + firstLetters)), (one) => one.charCodeAt(0))
    return head !== '' && head.includes(pictureOf(bytes)?.type ?? 'nothing')
  } catch {
    return false
  }
}

const refuse = (path: string, message: string) => new Problem('invalid', { errors: [{ path, message }] })

/**
 * How many pictures messages hold, and the messages without them. Refuses those whose cost nobody could bound: at an
 * address elsewhere, or for a model whose most tokens for one are not known.
 */
export const picturesIn = (messages: Messages, model: Model): { texts: unknown[]; pictures: number } => {
  let pictures = 0
  const texts = messages.map((message, at) => {
    if (!Array.isArray(message.content)) return message
    const content = message.content.filter((part, place) => {
      if (part.type === 'text') return true
      const path = `messages.${at}.content.${place}`
      if (message.role !== 'user') throw refuse(path, 'only a user’s message may hold pictures')
      if (model.imageTokens === undefined)
        throw refuse(path, `the model ${model.id} takes no pictures here: what one costs at most is not known`)
      if (!isPicture(part.image_url.url))
        throw refuse(`${path}.image_url.url`, 'must be a PNG, JPEG, GIF or WebP as a data: address in base64')
      pictures += 1
      return false
    })
    return { ...message, content }
  })
  return { texts, pictures }
}
