import * as z from 'zod'
import { Id } from './id.ts'
import { Time } from './text.ts'

/** What a file may be: judged by its content. Of text its name says what is written in it. */
export const FileType = z.enum([
  'image/png',
  'image/jpeg',
  'image/webp',
  'image/gif',
  'application/pdf',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'text/plain',
  'text/markdown',
  'text/csv',
  'text/html',
])
export type FileType = z.infer<typeof FileType>

export const FileUpload = z.object({ name: z.string().max(1_000).default('') })

export const StoredFile = z
  .object({ id: Id, name: z.string(), type: FileType, bytes: z.int(), createdAt: Time })
  .meta({ id: 'File' })
export type StoredFile = z.infer<typeof StoredFile>
