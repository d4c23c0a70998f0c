const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' }

export const decodeEntities = (text: string): string =>
  text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,6}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal)
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000) ? String.fromCodePoint(code) : ''
    },
  )

/** What a page says, as text with Markdown's headings. A Web Worker has no DOM, and nothing of the page may run anyway. */
export const textOfHtml = (html: string): string => {
  /** What is set as it was written keeps its lines, and stands as code. */
  const set: string[] = []
  const keep = (_: string, inside: string) => {
    const code = decodeEntities(inside.replace(/<br\b[^>]*>/gi, '\n').replace(/<[^>]*>/g, '')).replace(/^\n+|\s+$/g, '')
    set.push(code.includes('\n') ? `\n\n\`\`\`\n${code}\n\`\`\`\n\n` : ` ${code} `)
    return `\uE000${set.length - 1}\uE001`
  }
  const text = decodeEntities(
    html
      .replace(/[\uE000\uE001]/g, '')
      .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
      .replace(/<(script|style|template|noscript|svg|head)\b[^>]*>[\s\S]*?(?:<\/\1\s*>|$)/gi, '')
      .replace(/<pre\b[^>]*>([\s\S]*?)(?:<\/pre\s*>|$)/gi, keep)
      .replace(/[ \t]*\n[ \t]*/g, ' ')
      .replace(/<h([1-6])\b[^>]*>/gi, (_, level: string) => `\n\n${'#'.repeat(Number(level))} `)
      .replace(/<\/t[dh]\s*>\s*/gi, ' | ')
      .replace(/<(?:li)\b[^>]*>/gi, '\n- ')
      .replace(/<br\b[^>]*>|<\/tr\s*>/gi, '\n')
      .replace(/<\/?(?:p|div|section|article|h[1-6]|ul|ol|table|pre|blockquote|main|header|footer)\b[^>]*>/gi, '\n\n')
      .replace(/<[^>]*>/g, ''),
  )
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
  return text
    .replace(/ ?\uE000(\d+)\uE001 ?/g, (_, at: string) => set[Number(at)] ?? '')
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
