import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readGiven } from './env-file.ts'
import { root } from './places.ts'
import { putUp, takeDown } from './preview/preview.ts'
import { createProgress } from './progress.ts'
import { Trouble } from './trouble.ts'

/** Puts a pull request's own copy of everything on the internet, or takes it down: `pnpm preview up 12`. */
export const run = async (args: string[]): Promise<number> => {
  const [what, number, comment] = args.filter((arg) => arg !== '--')
  if (!/^\d{1,7}$/.test(number ?? '') || (what !== 'up' && what !== 'down'))
    throw new Trouble('Usage: pnpm preview up|down NUMBER [FILE]     FILE gets the links, as Markdown')
  const { given } = readGiven(join(root, '.env.preview'), process.env)
  const progress = createProgress()
  try {
    const text = await (what === 'up' ? putUp : takeDown)(`pr-${number}`, given, progress)
    progress.print(text)
    if (comment) await writeFile(comment, text)
    return 0
  } finally {
    progress.end()
  }
}
