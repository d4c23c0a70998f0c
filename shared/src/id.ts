import * as z from 'zod'

/** A UUID, made by the client where a POST may be repeated. Ours are version 7: they sort by time. */
export const Id = z.uuid().toLowerCase().meta({ id: 'Id', description: 'A UUID, version 7 where we make it' })
export type Id = z.infer<typeof Id>

export { newId, uuidTime } from './uuid.ts'
