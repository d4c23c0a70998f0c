import * as z from 'zod'

/** Text PostgreSQL and UTF-8 can hold: no NUL, no half of a surrogate pair. */
export const Text = z
  .string()
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be well-formed text without NUL')

const invisible = /[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Text in which a person can see something: spaces, zero-width and direction marks alone do not count. */
export const VisibleText = Text.refine((text) => text.replace(invisible, '') !== '', 'must not be empty')

/** One line for a title or a name: no line breaks and no control characters. */
export const Line = VisibleText.refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text), 'must be a single line')

export const Time = z.iso.datetime().meta({ description: 'ISO 8601, UTC' })

/** Money: whole micro-dollars, one millionth of a US dollar. */
export const Micros = z.int().min(0).meta({ description: 'micro-dollars' })
