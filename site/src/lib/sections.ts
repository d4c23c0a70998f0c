import { browser } from '$app/environment'
import { error } from '@sveltejs/kit'
import type { Component } from 'svelte'
import * as m from '$messages'

/** One of the pages that stand side by side under an address, loaded when it is opened. */
export type Section = {
  /** The end of its address; the first one's is empty. */
  name: string
  label: () => string
  /** A path on a 24 by 24 grid. */
  icon: string
  load: () => Promise<{ default: Component }>
}

/** The section that an address names. What is built ahead has none: one shell serves them all. */
export const sectionOf = async (sections: readonly Section[], name = ''): Promise<Component | undefined> => {
  const section = sections.find((one) => one.name === name)
  if (!section) error(404, m.errorNoPage())
  return browser ? (await section.load()).default : undefined
}
