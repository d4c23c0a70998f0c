import type { Rolldown } from 'vite'

type Context = Pick<Rolldown.PluginContext, 'getModuleInfo'>

const source = `${import.meta.dirname}/src/`

/**
 * What a first load needs, in the order in which more is needed: first by every page, then by the chat (and the app
 * around it), then by an open conversation. Modules that one step brings come as one file, because what is alike in two
 * files is packed twice: forty small files were 10 kB more. Libraries are every page's, and so what one page alone uses
 * of them: `bind:value` of a `<select>` was 440 bytes. All other modules are left to the bundler.
 */
const steps: Record<string, readonly string[]> = {
  every: [
    'hooks.client.ts',
    'routes/+layout.svelte',
    'routes/+error.svelte',
    'lib/design/Icon.svelte',
    'lib/ui/Notice.svelte',
  ],
  chat: ['routes/(app)/+layout.svelte', 'routes/(app)/chat/[[id]]/+page.svelte', 'routes/(app)/chat/[[id]]/+page.ts'],
  conversation: ['routes/(app)/chat/[[id]]/Messages.svelte'],
}

/**
 * Styles of what is said are every page's: of the files that a page takes along, SvelteKit forgets the style sheets of
 * those that something else also loads later, and a shared copy would stand there without any.
 */
const everyones = /\/lib\/(?:chat|design|markdown)\/.*\.css$/

/** Texts are cut into files by area, of which a page uses some: through their index they all seem to be needed. */
const apart = /\/\.svelte-kit\/messages\//

let stepOf: Map<string, string> | undefined

const walk = (context: Context): Map<string, string> => {
  const found = new Map<string, string>()
  const visit = (id: string, step: string) => {
    if (found.has(id) || apart.test(id)) return
    found.set(id, id.includes('/node_modules/') || everyones.test(id) ? 'every' : step)
    for (const needed of context.getModuleInfo(id)?.importedIds ?? []) visit(needed, step)
  }
  for (const [step, files] of Object.entries(steps)) for (const file of files) visit(source + file, step)
  return found
}

/** The bundler is told one step after the other: a file takes what it needs along, unless an earlier one has it. */
export const chunks = Object.keys(steps).map((step, at) => ({
  name: (id: string, context: Context) => ((stepOf ??= walk(context)).get(id) === step ? step : null),
  priority: 10 - at,
}))
