import type { IconName } from '$lib/design/icons'

/** Something that can be done, as the palette offers it. */
export type Command = {
  id: string
  group: string
  label: string
  icon: IconName
  keys?: string
  detail?: string
  run: () => unknown
}

/** One whose group is said for all of its kind. */
export type Ungrouped = Omit<Command, 'group'>
