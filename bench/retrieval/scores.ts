const flat = (text: string) => text.replace(/\s+/g, ' ')

/** Where in a list, from 0 on, the first passage is that has a piece of text; -1 when none has. */
export const placeOf = (passages: { text: string }[], piece: string): number =>
  passages.findIndex(({ text }) => flat(text).includes(flat(piece)))

export type Scores = { recall5: number; ndcg10: number; notFound: number }

/** Each question has one known answer, so its gain is that of the first passage with it, and the ideal is 1. */
export const scoresOf = (places: number[]): Scores => {
  const mean = (gains: number[]) => gains.reduce((sum, gain) => sum + gain, 0) / gains.length
  return {
    recall5: mean(places.map((place) => (place >= 0 && place < 5 ? 1 : 0))),
    ndcg10: mean(places.map((place) => (place >= 0 && place < 10 ? 1 / Math.log2(place + 2) : 0))),
    notFound: places.filter((place) => place < 0 || place >= 10).length,
  }
}
