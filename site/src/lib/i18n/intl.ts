import { language, region } from './language'

/** Making one takes far longer than using it, and a conversation has a date with every message. */
const once = <Options, Format>(Kind: new (region: string, options?: Options) => Format, options?: Options): Format =>
  (language().made[Kind.name + JSON.stringify(options)] ??= new Kind(region(), options)) as Format

/** Writes numbers as the reader does. */
export const numbers = (options?: Intl.NumberFormatOptions) => once(Intl.NumberFormat, options)

/** Writes times as the reader does. */
export const dates = (options: Intl.DateTimeFormatOptions) => once(Intl.DateTimeFormat, options)
