/** Something the person at the keyboard can put right: its message is all they need to see. */
export class Trouble extends Error {}

export const diskFull = 'The disk is full. Free some space and start again.'

const causes: Record<string, string> = {
  ENOSPC: diskFull,
  EDQUOT: 'Your disk quota is used up. Free some space and start again.',
  EROFS: 'The disk is read-only, and the data of the local app are written to it.',
  EMFILE: 'Too many files are open. Raise the limit (ulimit -n 4096) and start again.',
}

/** What to print for an error that ends a command: one line where we know the cause, the stack where we do not. */
export const trouble = (error: unknown): string => {
  if (error instanceof Trouble) return error.message
  if (!(error instanceof Error)) return String(error)
  const { code, path } = error as NodeJS.ErrnoException
  if (code && causes[code]) return causes[code]
  if (code === 'EACCES' || code === 'EPERM')
    return `No permission to use ${path ?? 'a file'}. Give yourself access (chown or chmod) and start again.`
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `${path ?? 'A file'} is a file where a folder belongs. Move it away and start again.`
  return error.stack ?? error.message
}

/** The cause named in what a program printed before it died. */
export const troubleIn = (output: string): string | undefined => {
  if (/No space left|file system is full/i.test(output)) return diskFull
  return Object.entries(causes).find(([code]) => output.includes(code))?.[1]
}
