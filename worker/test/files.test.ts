import { maxFileBytes, newId, type StoredFile } from '@macro-ai/shared'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { openFiles } from '../src/adapters/files.ts'
import { call, newPerson, ok, password, problem } from './support/api.ts'
import { addFile, upload } from './support/files.ts'
import { fault, noFaults, sql } from './support/platform.ts'
import { workerWith } from './support/settings.ts'
import { eventually } from './support/turns.ts'

beforeEach(noFaults)

const bucket = env.FILES as R2Bucket
const keyOf = (person: { id: string }, { id }: { id: string }) => `files/${person.id}/${id}`
const isKept = async (person: { id: string }, file: { id: string }) => (await bucket.head(keyOf(person, file))) !== null
const kept = async (id: string) => {
  const rows = await sql<{ bytes: string }>`select bytes from storage where owner_id = ${id}::uuid`
  return Number(rows[0]?.bytes ?? 0)
}
const get = ({ token }: { token: string }, { id }: { id: string }) => call('get', `/files/${id}`, { token })
const remove = ({ token }: { token: string }, { id }: { id: string }) => call('delete', `/files/${id}`, { token })

/** The smallest PNG header that says how large the picture is. */
const png = (width: number, height: number) => {
  const bytes = new Uint8Array(64)
  bytes.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52])
  new DataView(bytes.buffer).setUint32(16, width)
  new DataView(bytes.buffer).setUint32(20, height)
  return bytes
}
const binary = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))

/** A zip archive's directory of one entry that claims a size, and nothing else: enough to judge it by. */
const zip = (name: string, unpacked: number) => {
  const bytes = new Uint8Array(4 + 46 + name.length + 22)
  const view = new DataView(bytes.buffer)
  bytes.set(binary('PK\x03\x04'))
  view.setUint32(4, 0x02014b50, true)
  view.setUint32(4 + 24, unpacked, true)
  view.setUint16(4 + 28, name.length, true)
  bytes.set(binary(name), 50)
  const end = 50 + name.length
  view.setUint32(end, 0x06054b50, true)
  view.setUint16(end + 10, 1, true)
  view.setUint32(end + 16, 4, true)
  return bytes
}

describe('a file', () => {
  test('comes back as it was, as an attachment that no browser runs', async () => {
    const person = await newPerson()
    const text = '# Tides\n\nÄbbe und Flut 🌊\n'
    const file = await addFile(person, 'tides.md', text)
    expect(file).toMatchObject({
      name: 'tides.md',
      type: 'text/markdown',
      bytes: new TextEncoder().encode(text).length,
    })
    const answer = await get(person, file)
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; /)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.text()).toBe(text)
  })

  test('sent twice, also at once, is one file and takes its room once', async () => {
    const person = await newPerson()
    const files = await Promise.all([1, 2, 3].map(() => addFile(person, 'a.txt', 'The same.')))
    files.push(await addFile(person, 'a.txt', 'The same.'))
    expect(new Set(files.map(({ id }) => id)).size).toBe(1)
    expect(await kept(person.id)).toBe(9)
    expect((await bucket.list({ prefix: `files/${person.id}/` })).objects).toHaveLength(1)
  })

  test('is nobody else’s: they get and delete nothing, and it is still there', async () => {
    const [person, other] = await Promise.all([newPerson(), newPerson()])
    const file = await addFile(person, 'a.txt', 'Mine.')
    await problem(get(other, file), 'not_found')
    await problem(remove(other, file), 'not_found')
    expect(await (await get(person, file)).text()).toBe('Mine.')
  })

  test('leaves nothing behind when it is deleted, and gives its room back', async () => {
    const person = await newPerson()
    const file = await addFile(person, 'a.txt', 'Short-lived.')
    await ok(remove(person, file), 204)
    await problem(get(person, file), 'not_found')
    await problem(remove(person, file), 'not_found')
    expect(await isKept(person, file)).toBe(false)
    expect(await sql`select 1 from files where id = ${file.id}::uuid`).toEqual([])
    expect(await kept(person.id)).toBe(0)
  })

  test('goes with its owner’s account', async () => {
    const person = await newPerson()
    const file = await addFile(person, 'a.txt', 'Mine.')
    await ok(call('delete', '/me', { token: person.token, body: { password } }), 204)
    expect(await isKept(person, file)).toBe(false)
    expect(await sql`select 1 from storage where owner_id = ${person.id}::uuid`).toEqual([])
  })
})

describe('what a file is, is judged by its content', () => {
  test.for<[string, string, string | Uint8Array]>([
    ['image/png', 'photo.txt', png(640, 480)],
    ['application/pdf', 'page.html', '%PDF-1.7\n<script>alert(1)</script>'],
    ['text/html', 'drawing.svg', '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
    ['text/html', 'page.html', '<!doctype html><script>alert(1)</script>'],
    ['text/plain', 'photo.png', '<script>alert(1)</script>'],
    ['text/csv', 'formulas.csv', '=cmd|calc,1\n'],
    ['image/gif', 'polyglot.js', binary('GIF89a\x01\x00\x01\x00/*alert(1)*/')],
    [
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'letter.docx',
      zip('word/document.xml', 9_000),
    ],
  ])('%s in %s', async ([type, name, body]) => {
    const person = await newPerson()
    const file = await addFile(person, name, body)
    expect(file.type).toBe(type)
    const served = (await get(person, file)).headers.get('content-type') ?? ''
    expect(served).toBe(type.startsWith('text/') ? 'text/plain; charset=utf-8' : type)
  })

  test.for<[string, string | Uint8Array, 'invalid' | 'unsupported_type' | 'too_large']>([
    ['an empty file', '', 'invalid'],
    ['a program', binary('MZ\x90\x00\x03\x00\x00\x00'), 'unsupported_type'],
    ['text with a NUL', 'half\0half', 'unsupported_type'],
    ['bytes that are no UTF-8', binary('\xff\xfe\xfd'), 'unsupported_type'],
    ['an archive that is no document', zip('evil.exe', 10), 'unsupported_type'],
    ['a document that unpacks to 4 GB', zip('word/document.xml', 4_000_000_000), 'invalid'],
    ['a picture of 65,535 by 65,535', png(65_535, 65_535), 'invalid'],
    ['a picture without pixels', png(0, 10), 'invalid'],
    ['half a picture', binary('\xff\xd8\xff\xe0'), 'invalid'],
    ['a JPEG that has no frame', binary('\xff\xd8\xff\xe0\x00\x04\x00\x00'.padEnd(64, '\0')), 'invalid'],
    ['a WebP of a kind that nobody knows', binary('RIFF\0\0\0\0WEBPVP9 '.padEnd(64, '\0')), 'invalid'],
    ['one byte too many', new Uint8Array(maxFileBytes + 1).fill(0x61), 'too_large'],
  ])('%s is refused, and nothing is kept of it', async ([, body, code]) => {
    const person = await newPerson()
    await problem(upload(person, 'a.txt', body), code)
    expect(await sql`select 1 from files where owner_id = ${person.id}::uuid`).toEqual([])
  })
})

test.for([
  ['../../etc/passwd', 'passwd'],
  ['C:\\windows\\system.ini', 'system.ini'],
  ['a\r\nSet-Cookie: b=c.txt', 'aSet-Cookie_ b=c.txt'],
  ['\u202egpj.exe', 'gpj.exe'],
  ['. .. ', 'file'],
  ['', 'file'],
  [`${'é'.repeat(400)}.txt`, `${'é'.repeat(116)}.txt`],
])('the name %j is cleaned, and fits into a header', async ([given = '', name]) => {
  const person = await newPerson()
  const file = await addFile(person, given, 'x')
  expect(file.name).toBe(name)
  const header = (await get(person, file)).headers.get('content-disposition') ?? ''
  expect(header).toMatch(/^[\x20-\x7e]+$/)
  const [, encoded = ''] = /filename\*=UTF-8''(.*)$/.exec(header) ?? []
  expect(decodeURIComponent(encoded)).toBe(name)
})

describe('room', () => {
  test('for three of fifty uploads at once holds exactly three, however they race', async () => {
    const person = await newPerson()
    const small = workerWith({ FILES_USER_BYTES: '3500' })
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        small('post', `/files?name=${at}.txt`, { token: person.token, body: `${at}`.padEnd(1_000, '.') }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(3)
    expect(statuses.filter((status) => status === 413)).toHaveLength(47)
    expect(await kept(person.id)).toBe(3_000)
    expect((await bucket.list({ prefix: `files/${person.id}/` })).objects).toHaveLength(3)
  })

  test('of the whole instance holds for everybody together', async () => {
    const { token } = await newPerson()
    await problem(workerWith({ FILES_INSTANCE_BYTES: '0' })('post', '/files', { token, body: 'x' }), 'too_large')
    await ok(call('post', '/files', { token, body: 'x' }), 201)
  })
})

describe('when something breaks half-way', () => {
  /** R2 with one operation of our own. */
  const bucketWith = (operation: 'put' | 'get' | 'delete' | 'list', ours: (options: unknown) => Promise<unknown>) =>
    new Proxy(bucket, {
      get: (target, name) =>
        name === operation ? ours : (Reflect.get(target, name) as (...args: unknown[]) => unknown).bind(target),
    })
  const broken = (operation: 'put' | 'get' | 'delete') => ({
    FILES: bucketWith(operation, () => Promise.reject(new Error('R2 is down'))),
  })

  test('R2 down is said plainly, and the same file again is taken', async () => {
    const person = await newPerson()
    const asked = { token: person.token, body: 'Twice.' }
    await problem(workerWith(broken('put'))('post', '/files?name=a.txt', asked), 'unavailable')
    const file = await ok<StoredFile>(call('post', '/files?name=a.txt', asked), 201)
    await problem(workerWith(broken('get'))('get', `/files/${file.id}`, { token: person.token }), 'unavailable')
    expect(await (await get(person, file)).text()).toBe('Twice.')
    expect(await kept(person.id)).toBe(6)
  })

  test('R2 that says nothing is given up in ten seconds', async () => {
    const silent = openFiles(
      bucketWith('get', () => new Promise(() => undefined)),
      () => undefined,
    )
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const waiting = expect(silent.get({ ownerId: newId(), id: newId() })).rejects.toThrow('did not answer in time')
      vi.advanceTimersByTime(10_000)
      await waiting
    } finally {
      vi.useRealTimers()
    }
  })

  test('a file that R2 has lost is said to be missing', async () => {
    const person = await newPerson()
    const file = await addFile(person, 'lost.txt', 'Lost.')
    await bucket.delete(keyOf(person, file))
    expect((await problem(get(person, file), 'not_found')).detail).toContain('missing from the file store')
  })

  test('a file whose owner is erased while it is on its way is not left behind', async () => {
    const person = await newPerson()
    const erasing = bucketWith('put', async (key) => {
      await sql`delete from files where owner_id = ${person.id}::uuid`
      return bucket.put(key as string, 'Late.')
    })
    const late = workerWith({ FILES: erasing })('post', '/files?name=late.txt', { token: person.token, body: 'Late.' })
    await problem(late, 'not_found')
    expect((await bucket.list({ prefix: `files/${person.id}/` })).objects).toEqual([])
  })

  test('the database down after the bytes are there: the same file again finds its place', async () => {
    const person = await newPerson()
    await fault({ target: 'database', kind: 'down', match: 'set stored_at', times: 1 })
    await problem(upload(person, 'a.txt', 'Twice.'), 'unavailable')
    const file = await addFile(person, 'a.txt', 'Twice.')
    expect(await isKept(person, file)).toBe(true)
    expect((await bucket.list({ prefix: `files/${person.id}/` })).objects).toHaveLength(1)
  })

  test('what was left of uploads and removals is swept up on both sides, and nothing else', async () => {
    const person = await newPerson()
    const good = await addFile(person, 'good.txt', 'Stays.')
    const [half, gone] = await Promise.all([addFile(person, 'half.txt', 'Half.'), addFile(person, 'gone.txt', 'Gone.')])
    await sql`update files set stored_at = null, created_at = now() - interval '2 hours' where id = ${half.id}::uuid`
    await ok(workerWith(broken('delete'))('delete', `/files/${gone.id}`, { token: person.token }), 204)
    await problem(get(person, gone), 'not_found')
    await sql`update files set deleted_at = now() - interval '2 hours' where id = ${gone.id}::uuid`
    await addFile(person, 'next.txt', 'Sweeps on its way.')
    await eventually(async () => {
      expect(await isKept(person, half)).toBe(false)
      expect(await isKept(person, gone)).toBe(false)
    })
    expect(await (await get(person, good)).text()).toBe('Stays.')
    await eventually(async () => expect(await kept(person.id)).toBe('Stays.'.length + 'Sweeps on its way.'.length))
  })

  test('an object that no row knows is found and removed within a day', async () => {
    const person = await newPerson()
    const orphan = { id: newId() }
    await bucket.put(keyOf(person, orphan), 'Nobody’s.')
    /** R2 as it will be tomorrow: everything in it is old. */
    const later = workerWith({
      FILES: bucketWith('list', async (options) => {
        const { objects, ...rest } = await bucket.list(options as R2ListOptions)
        return { ...rest, objects: objects.map(({ key }) => ({ key, uploaded: new Date(0) })) }
      }),
    })
    // The whole bucket is looked through page by page: it may take more than one visit.
    await eventually(async () => {
      await sql`update storage set swept_at = null`
      await ok(later('post', `/files?name=${newId()}`, { token: person.token, body: 'Sweeps.' }), 201)
      expect(await isKept(person, orphan)).toBe(false)
    })
    expect((await bucket.list({ prefix: `files/${person.id}/` })).objects.length).toBeGreaterThan(0)
  })
})

test('without R2 files are off, which is said, and everything else works', async () => {
  const { token } = await newPerson()
  const without = workerWith({ FILES: undefined })
  const { detail } = await problem(without('post', '/files?name=a.txt', { token, body: 'x' }), 'unavailable')
  expect(detail).toContain('switched off')
  expect(await ok(without('get', '/me', { token }))).toMatchObject({ files: false })
  expect(await ok(call('get', '/me', { token }))).toMatchObject({ files: true })
})
