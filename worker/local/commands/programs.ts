import { join } from 'node:path'
import type { Program } from './child.ts'
import { dataFolder, platformEntry, siteFolder, viteEntry, wranglerEntry } from './places.ts'
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

export const wranglerDevArgs = ({ ports }: Settings): string[] => [
  ...['--ip', '127.0.0.1', '--port', String(ports.api)],
  ...['--persist-to', join(dataFolder, 'wrangler')],
]

export const apiProgram = (settings: Settings): Program => ({
  name: 'api',
  script: wranglerEntry,
  args: [
    'dev',
    ...wranglerDevArgs(settings),
    '--show-interactive-dev-session=false',
    '--log-level=warn',
    '--inspector-port=0',
  ],
  environment: { ...wranglerEnvironment, WRANGLER_HIDE_BANNER: 'true' },
})

export const siteProgram = ({ ports, site }: Settings): Program => ({
  name: 'site',
  script: viteEntry,
  args: [
    'dev',
    '--port',
    String(ports.site),
    '--strictPort',
    '--host',
    '127.0.0.1',
    '--logLevel',
    'warn',
    '--clearScreen',
    'false',
  ],
  cwd: siteFolder,
  environment: site,
})
