/** A few of the commonest words of each language that PostgreSQL can bring to its stems. */
const common: Record<string, string> = {
  english: 'the of and to in is that for it with as was are be this have from or by not',
  german: 'der die und das ist nicht ein eine zu den mit sich von auf für im dem auch werden wird',
  french: 'le la les des et est une du dans que pour pas sur qui au avec par sont ce cette',
  spanish: 'el la los las de y es una en que por con para del se como más su son esta',
  italian: 'il la che di è un una per non sono della con del gli nel più come anche dei alla',
  portuguese: 'o a os que de é um uma em não para com do da por são mais como ao das',
  dutch: 'de het een en van is dat niet op te zijn met voor er aan ook als door bij deze',
  swedish: 'och att det som en är på av för inte med den till har ett om var jag så men',
  danish: 'og at det er en til på som med for af ikke der den har de et var jeg vi',
  norwegian: 'og det er en til på som med for av ikke at den har de et var jeg vi om',
  finnish: 'ja on ei se että oli hän joka mutta kun niin myös kuin ovat tai jos vain sen ole nyt',
  hungarian: 'a az és hogy nem is egy van meg ez csak de volt már vagy ki mint még azt lesz',
  romanian: 'și de în la cu pe nu este un o care din mai să sau pentru ce prin fi ca',
  turkish: 've bir bu da de için ile çok ne daha olarak var gibi en o ama kadar sonra olan mi',
  russian: 'и в не на что с по как это он она но из за от то для же был бы',
}
const lists = Object.entries(common).map(([language, words]) => [language, new Set(words.split(' '))] as const)

/** The language a text is probably in, by PostgreSQL's names; `simple` when it cannot be told. */
export const languageOf = (text: string): string => {
  const words =
    text
      .slice(0, 4_000)
      .toLowerCase()
      .match(/\p{L}+/gu) ?? []
  const [best, second] = lists
    .map(([language, list]) => ({ language, count: words.filter((word) => list.has(word)).length }))
    .sort((a, b) => b.count - a.count)
  if (!best || best.count < Math.max(2, words.length * 0.05) || best.count === second?.count) return 'simple'
  return best.language
}
