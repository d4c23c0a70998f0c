import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose'
import { settings } from './settings'

/** What a sealed text is for: one made for another purpose does not open. */
export type Purpose = 'session' | 'access' | 'pending'

/** Encrypts a cookie's content with the newest key. It cannot be opened once `maxAgeSeconds` have passed. */
export const seal = (purpose: Purpose, content: JWTPayload, maxAgeSeconds: number): Promise<string> =>
  new EncryptJWT(content)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setAudience(purpose)
    .setExpirationTime(Math.floor(Date.now() / 1000) + Math.floor(maxAgeSeconds))
    .encrypt(settings().sessionKeys[0])

/** Opens what any of our keys sealed; nothing when it is forged, stale, or for another purpose. */
export const unseal = async <Content>(purpose: Purpose, sealed: string): Promise<Content | undefined> => {
  for (const key of settings().sessionKeys) {
    try {
      const { payload } = await jwtDecrypt(sealed, key, {
        audience: purpose,
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      return payload as Content
    } catch {
      // Sealed with another key, or not by us: the next key tells.
    }
  }
  return undefined
}
