/** The half of pdf.js that reads; it is handed over as it is. */
declare module 'pdfjs-dist/build/pdf.worker.mjs'
