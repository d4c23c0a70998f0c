import { FileUpload, maxFileBytes } from '@macro-ai/shared'
import { Hono } from 'hono'
import { addFile, deleteFile, filesOf, readFile } from '../files/files.ts'
import { attachmentHeader } from '../files/name.ts'
import { sweepFiles } from '../files/sweep.ts'
import type { SignedInApp } from '../middleware/context.ts'
import { query, readBytes } from '../middleware/input.ts'
import { unlessResting } from '../middleware/resting.ts'
import { signedIn } from '../middleware/signed-in.ts'
import { Problem } from '../problem.ts'
import { idOf } from './conversations.ts'

/** Shown by a browser as what it is; everything else made of text is plain text to it. */
const servedAs = (type: string) => (type.startsWith('text/') ? 'text/plain; charset=utf-8' : type)

export const fileRoutes = new Hono<SignedInApp>()
  .post('/', signedIn, unlessResting('files'), query(FileUpload), async (c) => {
    const { deps, user } = c.var
    filesOf(deps)
    const file = await addFile(deps, user, c.var.query.name, await readBytes(c.req.raw, maxFileBytes))
    c.executionCtx.waitUntil(sweepFiles(deps))
    return c.json(file, 201)
  })
  .get('/:id', signedIn, async (c) => {
    const { file, body } = await readFile(c.var.deps, c.var.user, idOf(c.req.param('id')))
    return c.body(body, 200, {
      'content-type': servedAs(file.type),
      'content-length': String(file.bytes),
      'content-disposition': attachmentHeader(file.name),
    })
  })
  .delete('/:id', signedIn, async (c) => {
    const { deps, user } = c.var
    if (!(await deleteFile(deps, user, idOf(c.req.param('id'))))) throw new Problem('not_found')
    c.executionCtx.waitUntil(sweepFiles(deps))
    return c.body(null, 204)
  })
