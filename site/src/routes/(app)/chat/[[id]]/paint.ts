/**
 * Draws a picture into a canvas, its shorter side no longer than so many pixels. An `img` would need pages to allow
 * pictures from elsewhere than the site itself; this is drawn by our own script alone.
 */
export const paint = async (canvas: HTMLCanvasElement, file: Blob, side: number): Promise<void> => {
  const picture = await createImageBitmap(file)
  const scale = Math.min(1, side / Math.min(picture.width, picture.height))
  canvas.width = Math.round(picture.width * scale)
  canvas.height = Math.round(picture.height * scale)
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height)
  picture.close()
}
