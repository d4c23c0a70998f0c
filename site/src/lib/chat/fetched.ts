import { call } from './api'

/** Files that were looked at lately: they are not to be had without a token, so an address alone would not do. */
const known = new Map<string, Promise<Blob>>()
const most = 40

export const fetched = (id: string): Promise<Blob> => {
  const found = known.get(id)
  if (found) return found
  const file = call(`/files/${id}`).then((answer) => answer.blob())
  known.set(id, file)
  file.catch(() => known.delete(id))
  const [oldest] = known.keys()
  if (known.size > most && oldest !== undefined) known.delete(oldest)
  return file
}

/** Saves a file under its name. */
export const save = async (id: string, name: string): Promise<void> => {
  const address = URL.createObjectURL(await fetched(id))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
