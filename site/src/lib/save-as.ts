/** Hands a file to the browser as a download. */
export const saveAs = (blob: Blob, name: string) => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // Released once the browser has surely begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
