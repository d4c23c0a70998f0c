import { knownModels, type Model } from '@macro-ai/shared'
import { demoModels, ownModel } from './demo-models.ts'
import type { Given, WorkerName } from './names.ts'
import { Trouble } from './trouble.ts'

/** One outside service: what the Worker is told about it, and who it is. */
export type Part = {
  /** It runs in the embedded platform. */
  embedded: boolean
  /** For the table. Never holds a password. */
  is: string
  variables: { [name in WorkerName]?: string }
}

export const database = (given: Given, platform: string): Part => {
  const { DATABASE_DRIVER, NEON_DATABASE_URL, NEON_FETCH_ENDPOINT, LOCAL_POSTGRES_URL } = given
  if (DATABASE_DRIVER === 'hyperdrive' && !NEON_DATABASE_URL)
    throw new Trouble('DATABASE_DRIVER is hyperdrive: say with NEON_DATABASE_URL where its PostgreSQL is.')
  if (NEON_DATABASE_URL)
    return {
      embedded: false,
      is: hostOf(NEON_DATABASE_URL) + (DATABASE_DRIVER === 'hyperdrive' ? ' through Hyperdrive' : ''),
      variables: { DATABASE_DRIVER, NEON_DATABASE_URL, NEON_FETCH_ENDPOINT },
    }
  return {
    embedded: true,
    is: LOCAL_POSTGRES_URL ? `Postgres at ${hostOf(LOCAL_POSTGRES_URL)}` : 'embedded Postgres with pgvector',
    variables: {
      NEON_DATABASE_URL: 'postgresql://local:local@localhost/macro',
      NEON_FETCH_ENDPOINT: `${platform}/sql`,
    },
  }
}

export const cache = (given: Given, platform: string): Part => {
  const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN, LOCAL_REDIS_URL } = given
  if (both(given, 'UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'))
    return {
      embedded: false,
      is: hostOf(UPSTASH_REDIS_REST_URL),
      variables: { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN },
    }
  return {
    embedded: true,
    is: LOCAL_REDIS_URL ? `Redis at ${hostOf(LOCAL_REDIS_URL)}` : 'embedded Redis',
    variables: { UPSTASH_REDIS_REST_URL: `${platform}/upstash`, UPSTASH_REDIS_REST_TOKEN: 'local-token' },
  }
}

export const identity = (given: Given, platform: string): Part => {
  const { COGNITO_ISSUER, COGNITO_CLIENT_ID, COGNITO_ENDPOINT } = given
  if (both(given, 'COGNITO_ISSUER', 'COGNITO_CLIENT_ID'))
    return {
      embedded: false,
      is: `your user pool ${COGNITO_ISSUER?.split('/').at(-1)}`,
      variables: { COGNITO_ISSUER, COGNITO_CLIENT_ID, COGNITO_ENDPOINT },
    }
  return {
    embedded: true,
    is: 'embedded user pool; the confirmation code is 123456',
    variables: {
      COGNITO_ISSUER: `${platform}/cognito/local_macro`,
      COGNITO_ENDPOINT: `${platform}/cognito`,
      COGNITO_CLIENT_ID: 'local-web',
    },
  }
}

export const model = (given: Given, platform: string): Part => {
  const { OPENAI_API_KEY, OPENAI_BASE_URL, MODELS, DEFAULT_MODEL } = given
  if (!OPENAI_API_KEY && !OPENAI_BASE_URL)
    return {
      embedded: true,
      is: `${DEFAULT_MODEL ?? 'demo'}, the offline demo model`,
      variables: {
        OPENAI_BASE_URL: `${platform}/openai/v1`,
        OPENAI_API_KEY: 'local',
        MODELS: MODELS ?? JSON.stringify(demoModels),
        DEFAULT_MODEL: DEFAULT_MODEL ?? 'demo',
      },
    }
  if (!OPENAI_BASE_URL)
    return {
      embedded: false,
      is: `${DEFAULT_MODEL ?? 'gpt-6-luna'} at OpenAI`,
      variables: { OPENAI_API_KEY, MODELS, DEFAULT_MODEL },
    }
  return elsewhere(OPENAI_BASE_URL, given)
}

/** Any other server that speaks OpenAI's protocol. A model without a price is free only on this very machine. */
const elsewhere = (OPENAI_BASE_URL: string, { OPENAI_API_KEY = 'none', MODELS, DEFAULT_MODEL }: Given): Part => {
  if (!DEFAULT_MODEL)
    throw new Trouble(`OPENAI_BASE_URL is set: say which of its models should answer, such as DEFAULT_MODEL=llama3.2`)
  const priced = [...knownModels, ...listed(MODELS)].some(({ id }) => id === DEFAULT_MODEL)
  const is = `${DEFAULT_MODEL} at ${hostOf(OPENAI_BASE_URL)}`
  const variables = { OPENAI_BASE_URL, OPENAI_API_KEY, DEFAULT_MODEL }
  if (priced) return { embedded: false, is, variables: { ...variables, MODELS } }
  if (!isThisMachine(OPENAI_BASE_URL))
    throw new Trouble(
      `${DEFAULT_MODEL} at ${hostOf(OPENAI_BASE_URL)} has no known price, and a model without one is refused: add it to MODELS. .env.example shows how.`,
    )
  const models = [...listed(MODELS), ownModel(DEFAULT_MODEL)]
  return {
    embedded: false,
    is: `${is}, priced at 0 because it is your own machine`,
    variables: { ...variables, MODELS: JSON.stringify(models) },
  }
}

const listed = (text: string | undefined): Model[] => {
  if (!text) return []
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list as Model[]
  } catch {
    // Said below.
  }
  throw new Trouble('MODELS must be a JSON list of models on one line. .env.example shows how.')
}

const both = (given: Given, one: WorkerName, other: WorkerName): boolean => {
  if (Boolean(given[one]) === Boolean(given[other])) return Boolean(given[one])
  const [set, missing] = given[one] ? [one, other] : [other, one]
  throw new Trouble(`${set} is set and ${missing} is not. Set both, or neither to use the embedded one.`)
}

const isThisMachine = (url: string) =>
  URL.canParse(url) && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(url).hostname)

const hostOf = (url: string | undefined) => (url && URL.canParse(url) ? new URL(url).host : 'an unreadable address')
