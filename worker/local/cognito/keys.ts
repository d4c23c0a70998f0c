import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, importJWK, type CryptoKey } from 'jose'
import type { SigningKey } from './store.ts'

/** The signing key and the one before it stay published, so tokens outlive one rotation but not two. */
const publishedKeys = 2

export const addSigningKey = async (keys: SigningKey[]): Promise<string> => {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true })
  const kid = randomUUID()
  keys.unshift({ kid, privateJwk: await exportJWK(privateKey) })
  keys.splice(publishedKeys)
  return kid
}

/** Names each public member instead of hiding private ones: what is not listed here cannot leak. */
export const publicKeys = (keys: SigningKey[]) => ({
  keys: keys.map(({ kid, privateJwk: { kty, n, e } }) => ({ alg: 'RS256', e, kid, kty: kty ?? 'RSA', n, use: 'sig' })),
})

export const signingKey = async (keys: SigningKey[]): Promise<{ kid: string; key: CryptoKey | Uint8Array }> => {
  const newest = keys[0]
  if (!newest) throw new Error('The user pool has no signing key')
  return { kid: newest.kid, key: await importJWK(newest.privateJwk, 'RS256') }
}
