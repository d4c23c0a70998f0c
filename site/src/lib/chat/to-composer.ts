/** Where one writes on, unless that would bring up a phone's keyboard unasked. */
export const toComposer = () => {
  if (!matchMedia('(pointer: coarse)').matches)
    document.querySelector<HTMLTextAreaElement>('.composer > textarea')?.focus()
}
