const quotedAfter = (text: string, verb: string) =>
  new RegExp(
    String.raw`\b(?:${verb})\w*\b[^.\n"“']{0,40}\b(?:answers?|repl(?:y|ies)|messages?|responses?)\b[^.\n"“']{0,20}\bwith\b[^\n"“']{0,20}["“']([^"”'\n]+)["”']`,
    'i',
  ).exec(text)?.[1]

/** As much of the user's standing instructions as this model can follow: capitals, and words to begin or end with. */
export const inManner = (text: string, instructions: string): string => {
  const shouted = /\b(?:in|use|using) (?:all |only )?(?:capitals|capital letters|upper ?case)\b/i.test(instructions)
  const opening = quotedAfter(instructions, 'begin|start')
  const closing = quotedAfter(instructions, 'end|finish|sign')
  const body = shouted ? text.toUpperCase() : text
  return [opening && `${opening} `, body, closing && `\n\n${closing}`].filter(Boolean).join('')
}
