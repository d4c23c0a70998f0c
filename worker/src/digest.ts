export const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Base64 as it may stand in an address (RFC 4648, 5), without padding. */
export const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const bytesOf = (content: string | Uint8Array) =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content

/** SHA-256, as hexadecimal digits. */
export const sha256 = async (content: string | Uint8Array): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytesOf(content)))
