import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { password } from '../app.ts'
import { archiveOf, importArchive } from '../archive.ts'

/** What a person of the gallery has kept before the pictures are taken. */
export const fill = async (email: string) => {
  const api = inject('apiUrl')
  for (const [title, asked, answered] of conversations)
    await importArchive(api, { email, password }, archiveOf(title, [asked, answered]))
  const signedIn = await fetch(`${api}/auth/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  })
  const { accessToken } = (await signedIn.json()) as { accessToken: string }
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` }
    const answer = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  }
  for (const assistant of assistants) await post('/assistants', { id: randomUUID(), ...assistant })
  for (const text of memories) await post('/memories', { id: randomUUID(), text })
}

const conversations = [
  ['Insulating an old house', 'Which way to insulate an old house?', 'Begin with the roof: most heat leaves there.'],
  ['A weekend in the Lake District', 'Plan a quiet weekend.', 'Take the early train to Windermere.'],
  ['How vaccines train the immune system', 'Explain vaccines to a child.', 'A vaccine shows the body a photograph.'],
  ['Bread that rises', 'Why does my bread not rise?', 'The water may be too warm for the yeast.'],
  ['A letter to the council', 'Write to the council.', 'Dear Sir or Madam, the lamp in our street is broken.'],
] as const

const assistants = [
  {
    name: 'Plain English',
    description: 'Says things so that everybody understands them',
    instructions: 'Answer in short sentences. Explain each word that a child would not know.',
    starters: ['Explain this letter to me', 'What does “fixed rate” mean?'],
  },
  {
    name: 'Harbour pilot',
    description: 'Knows every shoal between Emden and Borkum',
    instructions: 'Speak of tides first.',
    starters: ['When is high water?'],
  },
  {
    name: 'Code reviewer',
    description: 'Looks for what breaks, then for what confuses',
    instructions: 'Name the line, what goes wrong there, and a smaller way to write it.',
  },
]

const memories = [
  'I am allergic to peanuts.',
  'I live in Leeds, in a terraced house of 1890.',
  'British spelling, please.',
]

const text = (name: string, content: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })

export const documents = [
  text('ferry timetable.txt', 'The ferry to Borkum leaves Emden at nine and comes back at five.'),
  text('train timetable.txt', 'The train to Emden leaves Bremen at seven.'),
  text('house rules.md', '# House rules\n\nThe key is with the neighbour. Bins go out on Tuesdays.'),
]

export const attachments = [
  {
    name: 'harbour.png',
    mimeType: 'image/png',
    buffer: readFileSync(join(import.meta.dirname, '../../../static/icon-512.png')),
  },
  text('packing list.txt', 'Take the blue tent.'),
]
