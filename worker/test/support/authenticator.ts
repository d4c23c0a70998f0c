/** An authenticator app: the code of a secret at a moment (RFC 6238 with SHA-1 and six digits). */
export const authenticator = async (secret: string, nowMs: number = Date.now()): Promise<string> => {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  )
  const bytes = Uint8Array.from(bits.join('').match(/.{8}/g) ?? [], (byte) => parseInt(byte, 2))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
  const counter = new DataView(new ArrayBuffer(8))
  counter.setBigUint64(0, BigInt(Math.floor(nowMs / 30_000)))
  const digest = new DataView(await crypto.subtle.sign('HMAC', key, counter))
  const offset = digest.getUint8(19) & 0xf
  return String((digest.getUint32(offset) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}
