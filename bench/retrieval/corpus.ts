import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chunksOf, type Chunk } from '../../site/src/lib/knowledge/chunker.ts'

/** npm's own documentation, in Markdown, as it ships in npm: under the Artistic License 2.0, and not kept here. */
export const corpus = { name: 'npm', version: '11.21.2', licence: 'Artistic-2.0' }

export type CorpusDocument = { title: string; chunks: Chunk[] }

const folder = join(import.meta.dirname, '../../.local/bench')

/** The corpus, cut as the browser cuts what a person adds. Comes from the npm registry the first time. */
export const readCorpus = (): CorpusDocument[] => {
  const pack = `${corpus.name}-${corpus.version}`
  if (!existsSync(join(folder, 'package/docs/content'))) {
    mkdirSync(folder, { recursive: true })
    execFileSync('npm', ['pack', `${corpus.name}@${corpus.version}`, '--silent'], { cwd: folder })
    execFileSync('tar', ['-xzf', `${pack}.tgz`, 'package/docs/content', 'package/LICENSE'], { cwd: folder })
  }
  const root = join(folder, 'package/docs/content')
  return globSync('**/*.md', { cwd: root })
    .sort()
    .map((file) => ({
      title: file.replace(/^.*\//, ''),
      chunks: chunksOf([{ text: readFileSync(join(root, file), 'utf8') }]),
    }))
}
