import { join } from 'node:path'

export const root = join(import.meta.dirname, '../../..')
/** All that `pnpm dev` keeps between starts. */
export const dataFolder = join(root, '.local')
/** The name, in place of a folder, of data that end with the process. */
export const inMemory = ':memory:'
export const platformEntry = join(root, 'worker/local/main.ts')
export const wranglerEntry = join(root, 'node_modules/wrangler/bin/wrangler.js')
export const siteFolder = join(root, 'site')
export const viteEntry = join(siteFolder, 'node_modules/vite/bin/vite.js')
