import libraryAddress from '@mermaid-js/tiny/dist/mermaid.tiny.js?url'
import { base } from '$app/paths'
import { themeOf, type Colours } from './colours.ts'

/** A diagram that has been drawn, as the address of an image, and its measures in CSS pixels. */
export type Drawn = { address: string; width: number; height: number }

/** Longer ones stay as they were written, as do those that have more lines between their parts. */
const maxCharacters = 8000
const maxEdges = 250
/** One that wants a picture from elsewhere would be refused it; it stays code. */
const picture = /\bimg\s*:/
/** Of a drawing: more than this no page shows. */
const maxPx = 10_000
const maxSvgCharacters = 2_000_000
const timeoutMs = 8000

/** Mermaid takes directives from the diagram itself: these of its settings they must not change. */
const ours = ['secure', 'securityLevel', 'startOnLoad', 'maxTextSize', 'maxEdges', 'suppressErrorRendering']

const configFor = (colours: Colours, dark: boolean) => ({
  secure: [...ours, 'htmlLabels', 'fontFamily', 'altFontFamily', 'themeCSS', 'themeVariables', 'theme', 'flowchart'],
  securityLevel: 'strict',
  startOnLoad: false,
  suppressErrorRendering: true,
  maxTextSize: maxCharacters,
  maxEdges,
  htmlLabels: false,
  flowchart: { htmlLabels: false },
  // An image loads no fonts: what it was measured with must be on the machine.
  fontFamily: 'ui-sans-serif, system-ui, sans-serif',
  theme: 'base',
  themeVariables: themeOf(colours, dark),
})

type Answer = { id: number; drawn?: { svg: string; width: number; height: number } }
type Artist = { port: MessagePort; frame: HTMLIFrameElement }

let artist: Promise<Artist> | undefined
let count = 0
let last: Promise<unknown> = Promise.resolve()

/** The library runs in a frame that has no origin and no network, so that whatever it is talked into stays there. */
const hire = async (): Promise<Artist> => {
  const library = await fetch(libraryAddress)
  if (!library.ok) throw new Error(`${library.status}`)
  const text = await library.text()
  const frame = document.createElement('iframe')
  frame.sandbox.add('allow-scripts')
  frame.src = `${base}/diagram.html`
  frame.inert = true
  frame.title = 'Mermaid'
  // Out of sight, but laid out: it measures texts.
  Object.assign(frame.style, { position: 'fixed', insetInlineStart: '-2000px', width: '1000px', height: '1000px' })
  document.body.append(frame)
  await new Promise((resolve) => (frame.onload = resolve))
  const { port1, port2 } = new MessageChannel()
  frame.contentWindow?.postMessage(text, '*', [port2])
  return { port: port1, frame }
}

const dismiss = ({ port, frame }: Artist) => {
  port.close()
  frame.remove()
  artist = undefined
}

const ask = async (text: string, config: object): Promise<Answer['drawn']> => {
  const hired = await (artist ??= hire().catch((thrown: unknown) => {
    artist = undefined
    throw thrown
  }))
  const id = ++count
  const answer = await new Promise<Answer | undefined>((resolve) => {
    // Who does not come to an end is let go, and another does the next one.
    const late = setTimeout(() => resolve(undefined), timeoutMs)
    hired.port.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.id !== id) return
      clearTimeout(late)
      resolve(data)
    }
    hired.port.postMessage({ id, text, config })
  })
  if (!answer) dismiss(hired)
  return answer?.drawn
}

/** Draws a diagram, one after the other; undefined for one that cannot be drawn. The caller revokes its address. */
export const draw = async (text: string, colours: Colours, dark: boolean): Promise<Drawn | undefined> => {
  if (text.length > maxCharacters || picture.test(text)) return undefined
  const done = last.then(() => ask(text, configFor(colours, dark)))
  last = done.catch(() => {})
  const drawn = await done.catch(() => undefined)
  if (!drawn || drawn.svg.length > maxSvgCharacters) return undefined
  const { svg, width, height } = drawn
  if (!(width > 0 && width < maxPx && height > 0 && height < maxPx)) return undefined
  return { address: URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })), width, height }
}
