import type { Deps } from '../deps.ts'
import type { Env } from '../env.ts'
import { refreshSome } from '../knowledge/documents.ts'
import { log } from '../log.ts'
import { chatName } from './turn.ts'

/** Among a person's conversations the object that is none of them. */
export const rereadingId = 'documents'

/** Calls to the model between two alarms: with their trips to the database far fewer than the fifty a request may make. */
const callsAtOnce = 3

const key = 'rereading'

/**
 * Reads a person's documents again after the embedding model or its dimensions were changed, a few passages at a time. It
 * begins when somebody looks for something, while the database is awake anyway, and goes on without a pause; where a cap
 * or a failure is in the way it ends, until the next use. A person has one such object, so nothing is paid for twice.
 */
export const openRereading = (deps: Deps, storage: DurableObjectStorage) => ({
  begin: async (userId: string): Promise<void> => {
    await storage.put(key, userId)
    await storage.setAlarm(deps.now())
  },

  goOn: async (): Promise<void> => {
    const userId = await storage.get<string>(key)
    if (userId === undefined) return
    try {
      for (let call = 0; call < callsAtOnce; call++)
        if (!(await refreshSome(deps, { id: userId }))) return void (await storage.delete(key))
      await storage.setAlarm(deps.now())
    } catch (error) {
      log.warn('rereading', { error: String(error) })
      await storage.delete(key)
    }
  },

  forget: () => storage.delete(key),
})
export type Rereading = ReturnType<typeof openRereading>

/** Has a person's documents read again in the background. */
export const beginRereading = (chats: Env['CHAT'], userId: string): Promise<void> =>
  chats
    .get(chats.idFromName(chatName(userId, rereadingId)))
    .reread(userId)
    .catch((error: unknown) => log.warn('rereading', { error: String(error) }))
