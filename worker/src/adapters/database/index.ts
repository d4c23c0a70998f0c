import { accountStore } from './account.ts'
import { bankingStore } from './banking.ts'
import { boardStore } from './board.ts'
import { callStore } from './calls.ts'
import { assistantStore } from './assistants.ts'
import { openDatabase } from './client.ts'
import { collectionStore } from './collections.ts'
import { conversationStore } from './conversations.ts'
import { exportStore } from './export.ts'
import { fileStore } from './files.ts'
import { findingStore, type VectorIndex } from './finding.ts'
import { defaultDimensions } from '../../vectors.ts'
import { importStore } from './import.ts'
import { inviteStore } from './invites.ts'
import { joiningStore } from './joining.ts'
import { knowledgeStore } from './knowledge.ts'
import { largestStore } from './largest.ts'
import { librarySearchStore } from './library-search.ts'
import { meaningStore } from './meanings.ts'
import { memoryStore } from './memories.ts'
import { keyStore } from './keys.ts'
import { peopleStore } from './people.ts'
import { searchStore } from './search.ts'
import { sharingStore } from './sharing.ts'
import { spendingStore } from './spending.ts'
import { storageStore } from './storage.ts'
import { turnStore } from './turns.ts'

/** Everything the app keeps in PostgreSQL. Every query that reads a person's things takes that person's id. */
export const openStore = ({
  vectorIndex: index = 'none',
  dimensions = defaultDimensions,
  ...options
}: Parameters<typeof openDatabase>[0] & { vectorIndex?: VectorIndex; dimensions?: number }) => {
  const database = openDatabase(options)
  return {
    ...accountStore(database),
    ...assistantStore(database),
    ...bankingStore(database),
    ...boardStore(database),
    ...callStore(database),
    ...conversationStore(database),
    ...exportStore(database),
    ...collectionStore(database),
    ...fileStore(database),
    ...findingStore(database, { index, dimensions }),
    ...knowledgeStore(database),
    ...largestStore(database),
    ...librarySearchStore(database),
    ...meaningStore(database),
    ...memoryStore(database),
    ...importStore(database),
    ...inviteStore(database),
    ...joiningStore(database),
    ...keyStore(database),
    ...peopleStore(database),
    ...searchStore(database),
    ...sharingStore(database),
    ...spendingStore(database),
    ...storageStore(database),
    ...turnStore(database),
  }
}

export type Store = ReturnType<typeof openStore>
