import { z } from 'zod'

/** A UUID, made by the client where a POST may be repeated. Ours are version 7: they sort by time. */
export const Id = z.uuid().toLowerCase().meta({ id: 'Id', description: 'A UUID, version 7 where we make it' })
export type Id = z.infer<typeof Id>

/** A new UUIDv7: 48 bits of milliseconds, then 74 random bits (RFC 9562, 5.7). */
export const newId = (now: number = Date.now()): Id => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 0x1_0000))
  new DataView(bytes.buffer).setUint16(4, now % 0x1_0000)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
