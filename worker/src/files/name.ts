const maxCharacters = 120

/** What can be shown as a name and written into a header: no path, no control or direction marks, no line breaks. */
export const cleanName = (given: string): string => {
  const [last = ''] = given.toWellFormed().normalize('NFC').split(/[/\\]/).slice(-1)
  const name = last
    .replace(/[\p{C}\p{Zl}\p{Zp}\u2800]/gu, '')
    .replace(/\s+/gu, ' ')
    .replace(/[<>:"|?*]/g, '_')
    .replace(/^[ .]+|[ .]+$/g, '')
  const [, base = name, extension = ''] = /^(.+?)(\.[\p{L}\p{N}]{1,10})?$/u.exec(name) ?? []
  return base === '' ? 'file' : [...base].slice(0, maxCharacters - extension.length).join('') + extension
}

/** RFC 6266: the name for every browser, and a plain one for what cannot read it. */
export const attachmentHeader = (name: string): string => {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*!]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
