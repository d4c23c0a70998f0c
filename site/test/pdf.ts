/** A PDF of pages with lines of text, and, where asked for, a script that nobody should run. */
export const pdfOf = (pages: string[][], opening = ''): Uint8Array<ArrayBuffer> => {
  const objects = [
    `<< /Type /Catalog /Pages 2 0 R ${opening} >>`,
    '',
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ]
  const kids = pages.map((lines) => {
    const shown = lines.map((line) => `(${line.replace(/[()\\]/g, '\\$&')}) Tj T*`).join(' ')
    const content = `BT /F1 12 Tf 14 TL 72 700 Td ${shown} ET`
    objects.push(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`)
    const fonts = '/Resources << /Font << /F1 3 0 R >> >>'
    objects.push(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${objects.length} 0 R ${fonts} >>`)
    return `${objects.length} 0 R`
  })
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`
  let file = '%PDF-1.4\n'
  const places = objects.map((object, at) => {
    const place = file.length
    file += `${at + 1} 0 obj\n${object}\nendobj\n`
    return `${String(place).padStart(10, '0')} 00000 n \n`
  })
  const size = objects.length + 1
  const end = `trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${file.length}\n%%EOF`
  return new TextEncoder().encode(`${file}xref\n0 ${size}\n0000000000 65535 f \n${places.join('')}${end}`)
}
