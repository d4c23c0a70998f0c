import { JwtVerifier } from 'aws-jwt-verify'
import {
  JwksValidationError,
  JwkValidationError,
  JwtBaseError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
} from 'aws-jwt-verify/error'
import { assertIsJwks, findJwkInJwks, type Jwks, type JwksCache } from 'aws-jwt-verify/jwk'
import * as z from 'zod'
import { isAdmin, isMember } from '../identity/groups.ts'
import { countsFrom } from '../identity/issued.ts'
import { Problem, unavailable } from '../problem.ts'

/** An unknown key id makes us fetch the keys again, but not more often than this (than `timeoutMs` when that fails). */
const refetchMs = 30_000
const timeoutMs = 3_000
const skewSeconds = 60

class KeysAway extends Error {}

const fetchKeys = async (uri: string): Promise<Jwks> => {
  try {
    const response = await fetch(uri, { signal: AbortSignal.timeout(timeoutMs) })
    if (!response.ok) throw new Error(`The key set answered ${response.status}`)
    const keys = await response.json<Jwks>()
    assertIsJwks(keys)
    return keys
  } catch (cause) {
    throw new KeysAway('The key set could not be fetched', { cause })
  }
}

/**
 * The published keys, kept for the isolate's life. The library's own cache shares the promise of one request with
 * others and frees its penalty box by a timer: in workerd both die with the request that made them, and one forged key
 * id could block refreshing for good. This one keeps values and moments only.
 */
const keyCache = (now: () => number): JwksCache => {
  const sets = new Map<string, Jwks>()
  /** When an unknown key id last made us fetch. */
  const refetchedAt = new Map<string, number>()
  /** Key sets that are being fetched, or could not be. */
  const awaited = new Set<string>()

  const refetch = async (uri: string) => {
    awaited.add(uri)
    const keys = await fetchKeys(uri)
    sets.set(uri, keys)
    awaited.delete(uri)
    return keys
  }
  const known = (uri: string, kid: unknown) => {
    if (typeof kid !== 'string') throw new JwtWithoutValidKidError('The token names no key')
    const keys = sets.get(uri)
    return keys && findJwkInJwks(keys, kid)
  }
  const unknown = () => new KidNotFoundInJwksError('The token names a key that is not ours')

  return {
    addJwks: (uri, keys) => void sets.set(uri, keys),
    getJwks: refetch,
    getCachedJwk: (uri, { header }) => {
      const key = known(uri, header.kid)
      if (!key) throw unknown()
      return key
    },
    getJwk: async (uri, { header }) => {
      const key = known(uri, header.kid)
      if (key) return key
      if (sets.has(uri)) {
        const isAwaited = awaited.has(uri)
        if (now() - (refetchedAt.get(uri) ?? -Infinity) < (isAwaited ? timeoutMs : refetchMs))
          // Among keys that are still to come this one may be: that is no reason to call the token bad.
          throw isAwaited ? new KeysAway('The keys have not come yet') : unknown()
        refetchedAt.set(uri, now())
      }
      const fresh = findJwkInJwks(await refetch(uri), header.kid ?? '')
      if (!fresh) throw unknown()
      return fresh
    },
  }
}

const Claims = z.object({
  sub: z.uuid(),
  iat: z.number(),
  auth_time: z.number().optional(),
  exp: z.number(),
  nbf: z.number().optional(),
  jti: z.string(),
  token_use: z.literal('access'),
  client_id: z.string(),
  'cognito:groups': z.array(z.string()).default([]),
})

/** Who a request speaks for. Times are seconds since the epoch. */
export type SignedIn = {
  id: string
  admin: boolean
  /** Let in by the owner of the user pool. */
  member: boolean
  /** When the token counts as issued. */
  issuedAt: number
  expiresAt: number
  token: string
}

/** Cognito's access tokens, checked here with cached keys: no network unless a key is unknown. */
export const openTokens = (options: { issuer: string; clientId: string; now: () => number }) => {
  const verifier = JwtVerifier.create(
    {
      issuer: options.issuer,
      jwksUri: `${options.issuer}/.well-known/jwks.json`,
      audience: null,
      graceSeconds: skewSeconds,
    },
    { jwksCache: keyCache(options.now) },
  )

  return {
    /** Answers when the keys can be had. */
    ping: async () => {
      await fetchKeys(`${options.issuer}/.well-known/jwks.json`)
    },

    /** A bad token is `unauthenticated`; keys that can't be fetched are `unavailable`. */
    verify: async (token: string): Promise<SignedIn> => {
      try {
        const claims = Claims.parse(await verifier.verify(token))
        const latest = options.now() / 1000 + skewSeconds
        if (claims.client_id !== options.clientId || claims.iat > latest || (claims.nbf ?? 0) > latest)
          throw new Problem('unauthenticated')
        return {
          id: claims.sub,
          admin: isAdmin(claims['cognito:groups']),
          member: isMember(claims['cognito:groups']),
          issuedAt: countsFrom(claims),
          expiresAt: claims.exp,
          token,
        }
      } catch (cause) {
        if (cause instanceof KeysAway || cause instanceof JwksValidationError || cause instanceof JwkValidationError)
          throw unavailable('Sign-in is not answering. Try again in a moment.', cause)
        if (cause instanceof JwtBaseError || cause instanceof z.ZodError)
          throw new Problem('unauthenticated', { detail: 'The access token is not valid.' }, { cause })
        throw cause
      }
    },
  }
}

export type Tokens = ReturnType<typeof openTokens>
