import {
  CollectionPatch,
  maxCollections,
  MemoryPatch,
  MoreChunks,
  NewCollection,
  NewDocument,
  NewMemory,
  PageQuery,
  PassagesQuery,
  ShortListQuery,
} from '@macro-ai/shared'
import { Hono, type Context } from 'hono'
import { shortList } from '../conversations/cursor.ts'
import { addChunks, addDocument, embedMore, listDocuments, openDocument } from '../knowledge/documents.ts'
import { addMemory } from '../memory/memories.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { body, query } from '../middleware/input.ts'
import { problems } from '../middleware/problems.ts'
import { unlessResting } from '../middleware/resting.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { idOf } from './conversations.ts'

/** Sixteen passages of 4,000 characters, each of which may be several bytes. */
const maxChunkBytes = 512 * 1024

/** The tables for it are there only where the database has vectors. */
const switchedOff = (error: Error, c: Context<SignedInApp>) =>
  problems(
    c.var.deps.store.knowledgeIsOff(error)
      ? new Problem('unavailable', {
          detail: 'Documents and memories are switched off here: the database has no pgvector.',
        })
      : error,
    c,
  )

const orMissing = <Thing>(thing: Thing | undefined): Thing => {
  if (thing === undefined) throw new Problem('not_found')
  return thing
}

export const libraryRoutes = new Hono<SignedInApp>()
  .onError(switchedOff)
  .get('/', signedIn, async (c) => c.json(await c.var.deps.store.libraryRoom(c.var.user.id, c.var.deps.storageCaps)))

export const documentRoutes = new Hono<SignedInApp>()
  .onError(switchedOff)
  .get('/', signedIn, query(PageQuery), async (c) => {
    const { cursor, limit } = c.var.query
    return c.json(await listDocuments(c.var.deps, c.var.user, cursor, limit))
  })
  .post('/', signedIn, unlessResting('documents'), body(NewDocument, maxChunkBytes), async (c) =>
    c.json(await addDocument(c.var.deps, c.var.user, c.var.body), 201),
  )
  .get('/:id', signedIn, query(PassagesQuery), async (c) =>
    c.json(await openDocument(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.query.from)),
  )
  .post('/:id/chunks', signedIn, unlessResting('documents'), body(MoreChunks, maxChunkBytes), async (c) =>
    c.json(await addChunks(c.var.deps, c.var.user, idOf(c.req.param('id')), c.var.body)),
  )
  .post('/:id/embed', signedIn, unlessResting('documents'), async (c) =>
    c.json(await embedMore(c.var.deps, c.var.user, idOf(c.req.param('id')))),
  )
  .delete('/:id', signedIn, async (c) => {
    orMissing(await c.var.deps.store.deleteDocument(c.var.user.id, idOf(c.req.param('id'))))
    return c.body(null, 204)
  })

export const collectionRoutes = new Hono<SignedInApp>()
  .onError(switchedOff)
  .get('/', signedIn, query(ShortListQuery), async (c) =>
    c.json(shortList(await c.var.deps.store.listCollections(c.var.user.id), c.var.query)),
  )
  .post('/', signedIn, body(NewCollection), async (c) => {
    const { id, name } = c.var.body
    const collection = await c.var.deps.store.addCollection(c.var.user.id, id, name)
    if (!collection)
      throw new Problem('conflict', { detail: `This id means another collection, or you have ${maxCollections}.` })
    return c.json(collection, 201)
  })
  .patch('/:id', signedIn, body(CollectionPatch), async (c) =>
    c.json(orMissing(await c.var.deps.store.changeCollection(c.var.user.id, idOf(c.req.param('id')), c.var.body))),
  )
  .delete('/:id', signedIn, async (c) => {
    orMissing(await c.var.deps.store.deleteCollection(c.var.user.id, idOf(c.req.param('id'))))
    return c.body(null, 204)
  })

export const memoryRoutes = new Hono<SignedInApp>()
  .onError(switchedOff)
  .get('/', signedIn, query(ShortListQuery), async (c) =>
    c.json(shortList(await c.var.deps.store.listMemories(c.var.user.id), c.var.query)),
  )
  .post('/', signedIn, body(NewMemory), async (c) => c.json(await addMemory(c.var.deps, c.var.user, c.var.body), 201))
  .patch('/:id', signedIn, body(MemoryPatch), async (c) =>
    c.json(orMissing(await c.var.deps.store.changeMemory(c.var.user.id, idOf(c.req.param('id')), c.var.body.text))),
  )
  .delete('/:id', signedIn, async (c) => {
    orMissing(await c.var.deps.store.deleteMemory(c.var.user.id, idOf(c.req.param('id'))))
    return c.body(null, 204)
  })
