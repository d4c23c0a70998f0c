import { toasts } from '$lib/chat/toasts.svelte'
import { language } from '$lib/i18n/language'
import * as m from '$messages'
import { unmarked } from './recital'

/** Browsers look for their voices when they are first asked for them, for so long at most. */
const voicesMs = 1000

const voices = async (): Promise<SpeechSynthesisVoice[]> => {
  if (speechSynthesis.getVoices().length === 0)
    await new Promise((go) => {
      speechSynthesis.addEventListener('voiceschanged', go, { once: true })
      setTimeout(go, voicesMs)
    })
  return speechSynthesis.getVoices()
}

/** A voice of the device itself, in the page's language if it has one: to any other the answer would have to be sent. */
const ownVoice = async () => {
  const own = (await voices()).filter(({ localService }) => localService)
  return own.find(({ lang }) => lang.startsWith(language().locale)) ?? own.find((voice) => voice.default) ?? own[0]
}

/** Ends what is read for whoever asked for it. */
let end = () => {}

/** Reads Markdown aloud, in place of what was read before, until its end, another reading or the signal. */
export const readAloud = async (markdown: string, signal: AbortSignal): Promise<void> => {
  const voice = await ownVoice()
  if (signal.aborted) return
  if (!voice) return toasts.show({ text: m.aloudNoVoice() })
  const lines = unmarked(markdown)
    .split('\n')
    .map((line) => line.replaceAll('|', ' ').trim())
    .filter(Boolean)
  if (lines.length === 0) return
  end()
  speechSynthesis.cancel()
  await new Promise<void>((ended) => {
    end = ended
    signal.addEventListener('abort', () => {
      speechSynthesis.cancel()
      ended()
    })
    for (const [at, line] of lines.entries()) {
      const said = new SpeechSynthesisUtterance(line)
      said.voice = voice
      said.lang = voice.lang
      // What is broken off ends with an error, whichever line it was at.
      said.onerror = () => ended()
      if (at === lines.length - 1) said.onend = () => ended()
      speechSynthesis.speak(said)
    }
  })
}
