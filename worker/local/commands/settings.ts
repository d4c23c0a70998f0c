import { join } from 'node:path'
import type { OwnLimits } from '@macro-ai/shared'
import { readSettings, SettingsError, type Settings as WorkerSettings } from '../../src/settings.ts'
import { readGiven } from './env-file.ts'
import { workerNames, type Given, type Name, type WorkerName } from './names.ts'
import * as parts from './parts.ts'
import { dataFolder, root } from './places.ts'
import { readPorts, type Ports } from './ports.ts'
import { keptSecrets, type Secrets } from './secrets.ts'
import { Trouble } from './trouble.ts'

export type Settings = {
  ports: Ports
  urls: { api: string; site: string; platform: string }
  parts: { model: parts.Part; database: parts.Part; cache: parts.Part; identity: parts.Part }
  /** False when every part is a real one. */
  needsPlatform: boolean
  /** The Worker's variables, and what it will make of them. */
  worker: { [name in WorkerName]?: string }
  read: WorkerSettings
  /** What the site and the platform find in their environment. */
  site: Record<string, string>
  platform: Record<string, string>
  warnings: string[]
}

/** The settings in force: ours for this machine, then `.env`, then the environment. */
export const loadSettings = (): Settings => {
  const { given, warnings } = readGiven(join(root, '.env'), process.env)
  return { ...composeSettings(given, readPorts(given), keptSecrets(dataFolder)), warnings }
}

export const composeSettings = (given: Given, ports: Ports, secrets: Secrets): Omit<Settings, 'warnings'> => {
  const urls = { api: local(ports.api), site: local(ports.site), platform: local(ports.platform) }
  const inUse = {
    model: parts.model(given, urls.platform),
    database: parts.database(given, urls.platform),
    cache: parts.cache(given, urls.platform),
    identity: parts.identity(given, urls.platform),
  }
  const worker = present({
    JOIN: 'open',
    MAX_USERS: '9000',
    AUTH_LIMIT_PER_ACCOUNT: '1000',
    AUTH_LIMIT_PER_ADDRESS: '10000',
    AUTH_FLOOR_MS: '100',
    API_REQUESTS_PER_MINUTE: '10000',
    SITE_SECRET: secrets.siteSecret,
    // Pretend money is there to be played with; real money keeps the Worker's own small caps.
    ...(inUse.model.embedded && playCaps),
    // The embedded pool sends no e-mails that anybody limits.
    ...(inUse.identity.embedded && { LIMITS: JSON.stringify({ 'cognito.emails': 10_000 } satisfies OwnLimits) }),
    ...pick(given, workerNames),
    ALLOWED_ORIGINS: [urls.site, `http://localhost:${ports.site}`, given.ALLOWED_ORIGINS].filter(Boolean).join(','),
    ...inUse.model.variables,
    ...inUse.database.variables,
    ...inUse.cache.variables,
    ...inUse.identity.variables,
  })
  return {
    ports,
    urls,
    parts: inUse,
    needsPlatform: Object.values(inUse).some(({ embedded }) => embedded),
    worker,
    read: readable(worker),
    site: {
      API_URL: urls.api,
      PUBLIC_API_URL: urls.api,
      SESSION_KEYS: secrets.sessionKeys,
      SITE_SECRET: worker.SITE_SECRET ?? secrets.siteSecret,
    },
    platform: present({
      PLATFORM_PORT: String(ports.platform),
      PLATFORM_DATA: dataFolder,
      ...pick(given, ['LOCAL_POSTGRES_URL', 'LOCAL_REDIS_URL', 'MODEL_PACE']),
    }),
  }
}

const playCaps = {
  TURN_CAP_MICROS: '50000',
  USER_DAY_CAP_MICROS: '5000000',
  USER_MONTH_CAP_MICROS: '20000000',
  INSTANCE_MONTH_CAP_MICROS: '50000000',
}

const local = (port: number) => `http://127.0.0.1:${port}`

const readable = (worker: object): WorkerSettings => {
  try {
    return readSettings(worker)
  } catch (error) {
    throw error instanceof SettingsError ? new Trouble(error.message) : error
  }
}

const pick = (given: Given, keys: readonly Name[]) => present(Object.fromEntries(keys.map((key) => [key, given[key]])))

/** Without the names that have no value. */
const present = (values: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])))
