import { page } from '$app/state'
import { tellTrouble } from '$lib/chat/toasts.svelte'
import { anywhere, named, settings } from './anywhere'
import { choices, forWriting } from './choices'
import type { Command } from './command'
import { here } from './here'

/** Everything that can be done from where the reader is: what is at hand first, then where one can go. */
export const commands = (): Command[] => {
  const thread = page.data.thread
  const atHand = thread ? [...here(thread), ...anywhere(), ...forWriting(thread)] : anywhere()
  return [...atHand, ...named(), ...settings(), ...choices()]
}

/** Runs it once the palette has gone; what it stumbles over is said. */
export const run = async (command: Command) => {
  try {
    await command.run()
  } catch (thrown) {
    tellTrouble(thrown)
  }
}
