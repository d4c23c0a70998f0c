import { knownModels, type Model } from '../../shared/src/index.ts'
import { demoModels } from '../../worker/local/commands/demo-models.ts'
import { startPlatform } from '../../worker/local/platform.ts'
import { corpus, readCorpus } from './corpus.ts'
import { openLibrary, type Embedder, type Library } from './library.ts'
import { questions } from './questions.ts'
import { placeOf, scoresOf } from './scores.ts'

const embeddingOf = (models: readonly Model[]): Model => {
  const model = models.find(({ kind }) => kind === 'embedding')
  if (!model) throw new Error('no embedding model is known')
  return model
}

type Found = Record<'words only' | 'meaning only' | 'hybrid', number[]>

/** Every second question may be looked at when something is tuned; the others tell whether that holds for what was not. */
const halvesOf = (places: number[]) => ({
  all: places,
  'tuned on': places.filter((_, at) => at % 2 === 0),
  'held out': places.filter((_, at) => at % 2 === 1),
})

/** Where each question's answer is found, in each of three ways, by the app's own statement. */
const measure = async ({ store, embed }: Library, ownerId: string, embedder: Embedder): Promise<Found> => {
  const model = embedder.model.id
  const found: Found = { 'words only': [], 'meaning only': [], hybrid: [] }
  for (const [question, piece] of questions) {
    const [vector = null] = await embed(ownerId, embedder, [question])
    const place = async (given: { question: string; vector: string | null }) => {
      const { passages } = await store.findPassages({ ownerId, model, targets: [], limit: 10, ...given })
      return placeOf(passages, piece)
    }
    found['words only'].push(await place({ question, vector: null }))
    found['meaning only'].push(await place({ question: '', vector }))
    found.hybrid.push(await place({ question, vector }))
  }
  return found
}

/** `pnpm bench retrieval`: prints the table of docs/figures.md; `--misses` also what was not among the first five. */
export const run = async (args: string[]): Promise<void> => {
  const platform = await startPlatform({ port: 0, dataDir: null })
  const library = await openLibrary(platform)
  const documents = readCorpus()
  const apiKey = process.env['OPENAI_API_KEY']
  const embedders: Embedder[] = [
    { model: embeddingOf(demoModels), baseUrl: platform.model.url, apiKey: 'bench' },
    ...(apiKey ? [{ model: embeddingOf(knownModels), baseUrl: 'https://api.openai.com/v1', apiKey }] : []),
  ]
  const passages = documents.reduce((sum, { chunks }) => sum + chunks.length, 0)
  console.log(
    `\n${questions.length} questions about ${corpus.name} ${corpus.version}’s documentation (${corpus.licence}): ` +
      `${documents.length} documents, ${passages} passages\n`,
  )
  console.log(
    '| embedding | found by | questions | recall@5 | nDCG@10 | not in the first 10 |\n|---|---|---|---|---|---|',
  )
  for (const embedder of embedders) {
    const ownerId = await library.newOwner()
    for (const document of documents) await library.add(ownerId, document, embedder)
    const found = await measure(library, ownerId, embedder)
    for (const [way, places] of Object.entries(found))
      for (const [half, some] of Object.entries(halvesOf(places))) {
        const { recall5, ndcg10, notFound } = scoresOf(some)
        console.log(
          `| ${embedder.model.id} | ${way} | ${half} | ${recall5.toFixed(3)} | ${ndcg10.toFixed(3)} | ${notFound} of ${some.length} |`,
        )
      }
    if (args.includes('--misses'))
      for (const [at, place] of found.hybrid.entries())
        if (place < 0 || place >= 5)
          console.error(
            place,
            `words ${found['words only'][at]}, meaning ${found['meaning only'][at]}: ${questions[at]?.[0]}`,
          )
  }
  if (!apiKey) console.log('\nOPENAI_API_KEY is not set: only the offline embedding was measured.')
  await platform.stop()
}
