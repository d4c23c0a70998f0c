import * as z from 'zod'
import { Id } from './id.ts'
import { ModelId } from './models.ts'
import { page } from './page.ts'
import { Line, Text, VisibleText } from './text.ts'

/** As many as somebody may have: so few that a list of them needs no pages. */
export const mostAssistants = 100

const fields = {
  name: Line.max(80),
  description: Text.max(500),
  instructions: Text.max(8_000),
  model: ModelId.nullable().meta({ description: 'null: whichever the person uses' }),
  starters: z.array(VisibleText.max(500)).max(6).meta({ description: 'first messages to choose from' }),
}

/** A way of answering that somebody saved: conversations begun with it follow it as it is at each turn. */
export const Assistant = z.object({ id: Id, ...fields }).meta({ id: 'Assistant' })
export type Assistant = z.infer<typeof Assistant>
export const AssistantPage = page(Assistant)
export type AssistantPage = z.infer<typeof AssistantPage>

export const NewAssistant = z.strictObject({
  id: Id,
  ...fields,
  description: fields.description.default(''),
  instructions: fields.instructions.default(''),
  model: fields.model.default(null),
  starters: fields.starters.default([]),
})
export type NewAssistant = z.infer<typeof NewAssistant>

export const AssistantPatch = z.strictObject(fields).partial()
export type AssistantPatch = z.infer<typeof AssistantPatch>
