/** Models look at pictures in tiles: more than this adds cost and nothing to see. */
const maxSide = 2_048
const largeBytes = 1_500_000
const shrinkable = /^image\/(?:png|jpeg|webp)$/

/** A picture no larger than is of use, redrawn here; everything else, and what cannot be drawn, as it is. */
export const shrunk = async (file: File): Promise<Blob> => {
  if (!shrinkable.test(file.type)) return file
  const picture = await createImageBitmap(file).catch(() => undefined)
  if (!picture) return file
  try {
    const scale = Math.min(1, maxSide / Math.max(picture.width, picture.height))
    if (scale === 1 && file.size <= largeBytes) return file
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale))
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
    const drawn = await canvas.convertToBlob({ type: 'image/webp', quality: 0.86 })
    return drawn.size < file.size ? drawn : file
  } finally {
    picture.close()
  }
}
