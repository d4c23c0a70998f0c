type Size = { width: number; height: number }

const ascii = (bytes: Uint8Array, at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length))

const png = (view: DataView): Size => ({ width: view.getUint32(16), height: view.getUint32(20) })

const gif = (view: DataView): Size => ({ width: view.getUint16(6, true), height: view.getUint16(8, true) })

/** A JPEG is a chain of segments; the frame's header is one of them. */
const jpeg = (view: DataView): Size => {
  for (let at = 2; view.getUint8(at) === 0xff;) {
    const marker = view.getUint8(at + 1)
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2)
  }
  throw new RangeError('no frame')
}

const webp = (view: DataView, bytes: Uint8Array): Size => {
  switch (ascii(bytes, 12, 4)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    case 'VP8L': {
      const bits = view.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 'VP8X': {
      const three = (at: number) => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536 + 1
      return { width: three(24), height: three(27) }
    }
    default:
      throw new RangeError('no frame')
  }
}

const starts: { type: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp'; is: RegExp; size: typeof webp }[] = [
  // eslint-disable-next-line no-control-regex
  { type: 'image/png', is: /^\x89PNG\r\n\x1a\n....IHDR/s, size: png },
  { type: 'image/jpeg', is: /^\xff\xd8\xff/, size: jpeg },
  { type: 'image/gif', is: /^GIF8[79]a/, size: gif },
  { type: 'image/webp', is: /^RIFF....WEBP/s, size: webp },
]

/** The type and size of a picture from its first bytes; no size where they are cut off or broken. */
export const pictureOf = (bytes: Uint8Array) => {
  const start = ascii(bytes, 0, 32)
  const found = starts.find(({ is }) => is.test(start))
  if (!found) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    return { type: found.type, size: found.size(view, bytes) }
  } catch (error) {
    if (error instanceof RangeError) return { type: found.type, size: undefined }
    throw error
  }
}
