import type { StoredFile } from '@macro-ai/shared'
import { call, ok, type Person } from './api.ts'

export const upload = ({ token }: Pick<Person, 'token'>, name: string, body: string | Uint8Array) =>
  call('post', `/files?name=${encodeURIComponent(name)}`, { token, body, headers: { 'content-type': 'text/html' } })

export const addFile = (person: Pick<Person, 'token'>, name: string, body: string | Uint8Array) =>
  ok<StoredFile>(upload(person, name, body), 201)
