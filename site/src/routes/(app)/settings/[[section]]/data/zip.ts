/** A ZIP file's entries are listed at its end; each is deflated on its own. */
const endMark = 0x0605_4b50
const entryMark = 0x0201_4b50
const endLength = 22
const maxCommentLength = 65_535

type Entry = { method: number; packed: number; at: number; name: string }

const entriesOf = async (file: Blob): Promise<Entry[]> => {
  const tail = new DataView(await file.slice(-(endLength + maxCommentLength)).arrayBuffer())
  let end = tail.byteLength - endLength
  while (end >= 0 && tail.getUint32(end, true) !== endMark) end--
  if (end < 0) throw new Error('No list of entries')
  const [size, at] = [tail.getUint32(end + 12, true), tail.getUint32(end + 16, true)]
  const list = new DataView(await file.slice(at, at + size).arrayBuffer())
  const entries: Entry[] = []
  for (let place = 0; place + 46 <= list.byteLength && list.getUint32(place, true) === entryMark;) {
    const nameLength = list.getUint16(place + 28, true)
    entries.push({
      method: list.getUint16(place + 10, true),
      packed: list.getUint32(place + 20, true),
      at: list.getUint32(place + 42, true),
      name: new TextDecoder().decode(new Uint8Array(list.buffer, place + 46, nameLength)),
    })
    place += 46 + nameLength + list.getUint16(place + 30, true) + list.getUint16(place + 32, true)
  }
  return entries
}

export const isZip = async (file: Blob): Promise<boolean> => {
  const head = new Uint8Array(await file.slice(0, 4).arrayBuffer())
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4
}

/** The texts of a ZIP file's entries whose name fits, no longer than `maxLength` together, whatever the list claims. */
export const unzip = async (file: Blob, fits: (name: string) => boolean, maxLength: number): Promise<string[]> => {
  const texts: string[] = []
  let length = 0
  for (const { name, method, packed, at } of await entriesOf(file)) {
    if (!fits(name) || (method !== 0 && method !== 8)) continue
    const head = new DataView(await file.slice(at, at + 30).arrayBuffer())
    const start = at + 30 + head.getUint16(26, true) + head.getUint16(28, true)
    const stored = file.slice(start, start + packed).stream()
    const content = method === 8 ? stored.pipeThrough(new DecompressionStream('deflate-raw')) : stored
    let text = ''
    for await (const part of content.pipeThrough(new TextDecoderStream())) {
      length += part.length
      if (length > maxLength) throw new RangeError('Too long')
      text += part
    }
    texts.push(text)
  }
  return texts
}
