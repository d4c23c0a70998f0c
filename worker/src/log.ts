type Fields = Record<string, string | number | boolean | null | undefined>

const write = (level: 'info' | 'warn' | 'error', event: string, fields: Fields) =>
  console[level](JSON.stringify({ level, event, ...fields }))

/** One JSON line an event. Never a token, a key, an e-mail address or what anybody wrote. */
export const log = {
  info: (event: string, fields: Fields) => write('info', event, fields),
  warn: (event: string, fields: Fields) => write('warn', event, fields),
  error: (event: string, fields: Fields) => write('error', event, fields),
}
