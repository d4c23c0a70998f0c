import { mount, unmount, type Component } from 'svelte'
import { toasts } from '$lib/chat/toasts.svelte'
import { sentence } from '$lib/problems'

/** What every part that lies over the page is given: how to say that it has closed. */
export type Overlay = { onclosed: () => void }

/** Lays a part over the page, loaded when it is first asked for, until it has closed. */
export const overlay = async <Props extends Overlay>(
  load: () => Promise<{ default: Component<Props> }>,
  props: Omit<Props, 'onclosed'>,
): Promise<void> => {
  try {
    const { default: Part } = await load()
    const part = mount(Part as Component<Overlay>, {
      target: document.body,
      props: { ...props, onclosed: () => void unmount(part) },
    })
  } catch {
    toasts.show({ text: sentence('network') })
  }
}
