/** How people ask for something to be remembered; what is to be is the rest of the sentence. */
const asking = [
  /\b(?:remember|keep in mind|bear in mind|don['’]t forget|do not forget|note)(?:,?\s+that\s+|(?:\s+this)?:\s*|\s+(?=(?:i|i['’]m|my|we|our)\b))(.+)/iu,
  /\b(?:merke? dir|denke? daran|vergiss nicht)(?:\s+bitte)?(?:,?\s+dass\s+|:\s*)(.+)/iu,
  /\b(?:souviens-toi|rappelle-toi|retiens|n['’]oublie pas)(?:\s+que\s+|\s+qu['’]|\s*:\s*)(.+)/iu,
  /\b(?:recuerda|no olvides)(?:\s+que\s+|:\s*)(.+)/iu,
  /(?:تذكّ?ر|لا تنسَ?)(?:\s+(?=أن)|\s*:\s*)(.+)/u,
]
/** The API keeps no more of one. */
const most = 300

/**
 * What a message asks to be remembered, if it does. Found without a model: it costs nothing, nothing but what the person
 * wrote themselves can ask, and nothing is kept before they have agreed to it.
 */
export const toRemember = (text: string): string | undefined => {
  if (text.trimEnd().endsWith('?')) return undefined
  for (const way of asking) {
    const [, said] = way.exec(text) ?? []
    const line = said?.replace(/\p{Cc}/gu, ' ').trim()
    if (line) return line.slice(0, most).toWellFormed()
  }
  return undefined
}
