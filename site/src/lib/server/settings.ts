import { env } from '$env/dynamic/private'
import { env as publicEnv } from '$env/dynamic/public'

export type Settings = {
  /** Where this server reaches the Worker. */
  apiUrl: string
  /** Where the browser reaches it. */
  publicApiUrl: string
  /** The first key encrypts, all decrypt: a new key goes in front, an old one leaves a month later. */
  sessionKeys: [Uint8Array, ...Uint8Array[]]
  /** Shared with the Worker, so that it believes the client address we forward. */
  siteSecret: string | undefined
}

let parsed: Settings | undefined

/** The site's settings, read once. Throws one sentence that names what is missing. */
export const settings = (): Settings => (parsed ??= parse())

const parse = (): Settings => ({
  apiUrl: address('API_URL', env.API_URL),
  publicApiUrl: address('PUBLIC_API_URL', publicEnv.PUBLIC_API_URL),
  sessionKeys: keys(env.SESSION_KEYS),
  siteSecret: env.SITE_SECRET || undefined,
})

const address = (name: string, value: string | undefined): string => {
  if (!value || !URL.canParse(value))
    throw new Error(`Set ${name} to the address of the API, such as https://api.example.org.`)
  return value.replace(/\/+$/, '')
}

const keys = (value = ''): Settings['sessionKeys'] => {
  const [first, ...others] = value
    .split(',')
    .filter((key) => key.trim() !== '')
    .map((key) => new Uint8Array(Buffer.from(key.trim(), 'base64url')))
  if (!first || [first, ...others].some((key) => key.length !== 32))
    throw new Error('Set SESSION_KEYS to one or more base64url keys of 32 bytes, separated by commas.')
  return [first, ...others]
}
