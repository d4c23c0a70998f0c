import type { Deps } from '../deps.ts'
import { Problem } from '../problem.ts'

/** Refuses a choice that is no model to chat with here. None is fine: it means whichever is usual. */
export const checkModel = ({ models }: Pick<Deps, 'models'>, id: string | null | undefined, path = 'model'): void => {
  if (id != null && models.get(id)?.kind !== 'chat')
    throw new Problem('invalid', { errors: [{ path, message: 'is not a model of this instance' }] })
}
