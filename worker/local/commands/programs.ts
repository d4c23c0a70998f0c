import { join } from 'node:path'
import type { Program } from './child.ts'
import type { Given } from './names.ts'
import { dataFolder, platformEntry, root, siteFolder, viteEntry, wranglerEntry } from './places.ts'
import type { Settings } from './settings.ts'

export const platformProgram = ({ platform }: Settings): Program => ({
  name: 'platform',
  script: platformEntry,
  environment: platform,
})

/** Wrangler asks nothing, tells nobody and looks nothing up on the network. */
export const wranglerEnvironment = {
  CLOUDFLARE_ENV: 'local',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_LOG_PATH: join(dataFolder, 'wrangler-logs'),
}

/** `folder` is where it keeps the state of Durable Objects. */
export const wranglerDevArgs = ({ ports }: Pick<Settings, 'ports'>, folder: string): string[] => [
  ...['--ip', '127.0.0.1', '--port', String(ports.api)],
  ...['--persist-to', join(folder, 'wrangler')],
]

/** Where the local Hyperdrive leads. */
export const hyperdriveEnvironment = ({ DATABASE_DRIVER, NEON_DATABASE_URL }: Given) => ({
  ...(DATABASE_DRIVER === 'hyperdrive' && {
    CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE: NEON_DATABASE_URL,
  }),
})

/** Runs a bundle wherever it lies, with the bindings of our wrangler.toml and the variables of a file. */
export const bundleArgs = (bundle: string, variables: string): string[] => [
  ...[bundle, '--no-bundle', '--env-file', variables],
  ...['--config', join(root, 'wrangler.toml')],
]

export const apiProgram = (
  settings: Pick<Settings, 'ports' | 'worker'>,
  folder: string,
  more: string[] = [],
): Program => ({
  name: 'api',
  script: wranglerEntry,
  args: [
    ...['dev', ...wranglerDevArgs(settings, folder), ...more],
    ...['--show-interactive-dev-session=false', '--log-level=warn', '--inspector-port=0'],
  ],
  environment: { ...wranglerEnvironment, ...hyperdriveEnvironment(settings.worker), WRANGLER_HIDE_BANNER: 'true' },
})

const vite = (command: 'dev' | 'preview', { ports, site }: Pick<Settings, 'ports' | 'site'>): Program => ({
  name: 'site',
  script: viteEntry,
  args: [
    ...[command, '--host', '127.0.0.1', '--port', String(ports.site), '--strictPort'],
    ...['--logLevel', 'warn', '--clearScreen', 'false'],
  ],
  cwd: siteFolder,
  environment: site,
})

export const siteProgram = (settings: Pick<Settings, 'ports' | 'site'>) => vite('dev', settings)
/** The site as it was last built. */
export const previewProgram = (settings: Pick<Settings, 'ports' | 'site'>) => vite('preview', settings)
