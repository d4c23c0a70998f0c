import { hex } from '../digest.ts'

const dayMs = 86_400_000
/** How long a link in an alert works. */
const goodForMs = 7 * dayMs

const textBytes = (text: string) => new TextEncoder().encode(text)
const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16))

/** A key for this purpose alone: what it signs is good nowhere else. */
const keyOf = (secret: string) =>
  crypto.subtle.importKey('raw', textBytes(`stop everything: ${secret}`), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
    'verify',
  ])

const signed = (expires: string) => textBytes(`pause ${expires}`)

/** A token that may pause the instance, for a week. */
export const stopToken = async (secret: string, now: number): Promise<string> => {
  const expires = String(now + goodForMs)
  return `${expires}-${hex(await crypto.subtle.sign('HMAC', await keyOf(secret), signed(expires)))}`
}

/** Whether a token is ours and in time. */
export const isStopToken = async (secret: string, token: string, now: number): Promise<boolean> => {
  const [, expires = '', signature = ''] = /^(\d{13})-([0-9a-f]{64})$/.exec(token) ?? []
  const isOurs = await crypto.subtle.verify('HMAC', await keyOf(secret), fromHex(signature), signed(expires))
  return isOurs && Number(expires) > now
}
