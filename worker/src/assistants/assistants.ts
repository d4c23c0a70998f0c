import { mostAssistants, type Assistant, type AssistantPatch, type NewAssistant } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'
import { checkModel } from '../spending/chosen.ts'

type Needs = Pick<Deps, 'store' | 'models'>
type User = { id: string }

/** The same again gives the same; another one with the same id clashes, whoever has it. */
export const addAssistant = async (needs: Needs, user: User, assistant: NewAssistant): Promise<Assistant> => {
  checkModel(needs, assistant.model)
  const kept = await needs.store.addAssistant(user.id, assistant)
  if (!kept)
    throw new Problem('conflict', {
      detail: `This id is taken, or you have ${mostAssistants} assistants, which is as many as fit.`,
    })
  const isSame = Object.entries(kept).every(
    ([field, value]) => JSON.stringify(value) === JSON.stringify(assistant[field as keyof NewAssistant]),
  )
  if (!isSame) throw new Problem('conflict', { detail: 'There is another assistant with this id.' })
  return kept
}

export const changeAssistant = async (
  needs: Needs,
  user: User,
  id: string,
  patch: AssistantPatch,
): Promise<Assistant> => {
  checkModel(needs, patch.model)
  const changed = await needs.store.changeAssistant(user.id, id, patch)
  if (!changed) throw new Problem('not_found')
  return changed
}

export const removeAssistant = async (
  { store, pages }: Pick<Deps, 'store' | 'pages'>,
  user: User,
  id: string,
): Promise<void> => {
  const revision = await pages.changing(user.id, () => store.removeAssistant(user.id, id))
  if (revision === undefined) throw new Problem('not_found')
  await pages.stale(user.id, revision)
}
