import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { CognitoError, invalidParameter } from './errors.ts'
import { forUser, text } from './operation.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const stepMs = 30_000

/** RFC 4648 base32. 160 random bits need no padding: 32 characters exactly. */
const newSecret = () => {
  const bits = [...randomBytes(20)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[parseInt(five, 2)]).join('')
}

const decode = (secret: string) => {
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => parseInt(eight, 2)))
}

/** RFC 6238 with SHA-1 and six digits, which is what every authenticator app assumes. */
const codeAt = (secret: string, step: number) => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', decode(secret)).update(counter).digest()
  const offset = digest.readUInt8(digest.length - 1) & 0xf
  return String((digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

/** The time step whose code this is; one step either side of now forgives a slow hand or a clock that is off. */
export const matchingStep = (secret: string, code: string, now: number): number | undefined => {
  const current = Math.floor(now / stepMs)
  return [current, current - 1, current + 1].find((step) => codeAt(secret, step) === code)
}

const AssociateSoftwareToken = forUser({}, (_pool, user) => {
  user.totp.pendingSecret = newSecret()
  return { SecretCode: user.totp.pendingSecret }
})

const VerifySoftwareToken = forUser({ UserCode: text }, (pool, { totp }, { UserCode }) => {
  const secret = totp.pendingSecret ?? totp.secret
  if (secret === null) {
    throw new CognitoError('SoftwareTokenMFANotFoundException', 'Software Token MFA does not exist for the user.')
  }
  if (matchingStep(secret, UserCode, pool.now()) === undefined) {
    throw new CognitoError('EnableSoftwareTokenMFAException', 'Code mismatch and fail enable Software Token MFA')
  }
  Object.assign(totp, { secret, pendingSecret: null, lastStep: 0 })
  return { Status: 'SUCCESS' }
})

const SetUserMFAPreference = forUser(
  { SoftwareTokenMfaSettings: z.object({ Enabled: z.boolean().default(false) }).optional() },
  (_pool, { totp }, { SoftwareTokenMfaSettings }) => {
    if (!SoftwareTokenMfaSettings) return {}
    if (SoftwareTokenMfaSettings.Enabled && totp.secret === null) {
      throw invalidParameter('User has not verified software token mfa')
    }
    totp.enabled = SoftwareTokenMfaSettings.Enabled
    return {}
  },
)

export const totpOperations = { AssociateSoftwareToken, VerifySoftwareToken, SetUserMFAPreference }
