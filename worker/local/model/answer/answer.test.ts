import { expect, test } from 'vitest'
import { answer } from './index.ts'

/** What the model says after these messages; users and the assistant take turns, the last is the user's. */
const say = (turns: string[], system?: string) => {
  const spoken = turns.map((content, at) => ({
    role: (turns.length - at) % 2 ? ('user' as const) : ('assistant' as const),
    content,
  }))
  const messages = system === undefined ? spoken : [{ role: 'system' as const, content: system }, ...spoken]
  const ask = { path: '', body: '', model: 'demo', messages, maxTokens: null, stop: [], tools: [] }
  const given = answer({ ...ask, toolChoice: 'auto', schema: null })
  return 'text' in given ? given.text : given.tool
}

test('what was said before is used', () => {
  expect(say(['My name is Ada and I live in London.', 'Hello!', 'What is my name?'])).toBe('Your name is Ada.')
  expect(say(['My name is Ada.', 'Hello!', 'No, call me Bea', 'Sorry!', 'who am I?'])).toBe('Your name is Bea.')
  expect(say(['My dog is called Rex', 'Nice!', 'What is my dog’s name?'])).toBe('Your dog is Rex.')
  expect(say(['The code word is banana.', 'Noted.', 'What was the code word?'])).toContain('banana')
  expect(say(['Tell me about tides', 'Gladly.', 'What did I just ask?'])).toBe('You said: “Tell me about tides”')
  expect(say(['hi', 'Tides come and go.', 'What did you just say?'])).toContain('Tides come and go.')
  expect(say(['Please remember that I am allergic to nuts.'])).toContain(
    'keep in mind, as long as we talk: “I am allergic',
  )
  expect(say(['What is my name?', 'I do not know.', 'What is my name?'])).toBe('You have not told me your name yet.')
})

test('only the first answer says who is speaking', () => {
  expect(say(['hello'])).toContain('offline demo model')
  expect(say(['hello', 'Hello!', 'What is 2 + 2?'])).not.toContain('offline')
})

test.each([
  ['what is 2+2?', '4'],
  ['12 * (3 + 4)', '84'],
  ['What is 15% of 80?', '12'],
  ['square root of 144', '12'],
  ['2 ^ 3 ^ 2', '512'],
  ['calculate 0.1 plus 0.2', '0.3'],
  ['1,000 minus -1', '1001'],
])('%s is %s', (question, result) => {
  expect(say(['hi', 'Hello!', question])).toMatch(new RegExp(`= \\*\\*${result}\\*\\*$`))
})

test('counts are right', () => {
  expect(say(['count to 5'])).toMatch(/^1, 2, 3, 4, 5\n/)
  expect(say(['How many r’s are in strawberry?'])).toContain('3 “r”')
  expect(say(['How many words are in "to be or not to be"?'])).toContain('6 words')
  expect(say(['one', 'two', 'how many messages have I sent?'])).toContain('number 2')
})

test('formats come as Markdown', () => {
  expect(say(['show me a table of planets'])).toMatch(/\| Planet \|.*\n\| --- \| --- \|/)
  expect(say(['make a list of apples, pears and plums'])).toContain('- apples\n- pears\n- plums')
  expect(say(['write a python function'])).toMatch(/```python\ndef [\s\S]+\n```/)
  expect(say(['show me some math'])).toMatch(/\$\$\n.+\n\$\$/)
  expect(say(['draw a diagram of A, B and C'])).toMatch(/```mermaid\nflowchart LR\n[\s\S]+n1 --> n2\n```/)
  expect(say(['Show me a table, some code and a formula'])).toMatch(/\| --- \|[\s\S]+```typescript[\s\S]+\$\$/)
  expect(say(['show me a table of code, lists and maths'])).not.toContain('$$')
})

test('files sent along are read, and are not part of what was said', () => {
  const sent = '<file name="packing list.txt">\nTake the blue tent.\n</file>\n(image)\nWhat shall I take?'
  expect(say([sent])).toContain('**packing list.txt** says: “Take the blue tent.”')
  expect(say([sent, 'The tent.', 'What did I just ask?'])).toBe('You said: “What shall I take?”')
  expect(say([sent, 'The tent.', 'why?'])).toContain('Before that you said “What shall I take?”')
  expect(say([sent.replace(/What.*/, 'summarise this')])).toContain('says: “Take the blue tent.”')
  expect(say([sent.replace(/What.*/, 'who wrote it?')])).toContain('I got **packing list.txt** and a picture.')
  expect(say(['(image)\n(image)\n'])).toContain('I got 2 pictures.')
})

const NUMBERED = `Answer from these passages.
[1] Bread: Sourdough needs flour, water and salt.
[2] Tides: The moon causes the tides. High tide comes twice a day.`
const TAGGED = '<passage n="4" title="Lease">The rent is 900 pounds a month.</passage>\n\nHow much is the rent?'

test('passages are cited by number, and what they do not say is not made up', () => {
  expect(say(['What causes the tides?'], NUMBERED)).toMatch(/\*\*Tides\*\* says: The moon causes the tides\..*\[2\]/)
  expect(say(['Who won the world cup in 1998?'], NUMBERED)).toContain('not in your documents')
  expect(say([TAGGED])).toContain('The rent is 900 pounds a month. [4]')
  expect(say([`${NUMBERED}\n\nWhat does sourdough need?`])).toContain('flour, water and salt. [1]')
  expect(say(['say exactly: [1] a: b\n[2] c'], NUMBERED)).toBe('[1] a: b\n[2] c')
})

test('a title is short and about the conversation', () => {
  const question = 'How do I bake sourdough bread at home?'
  const wishes = 'Write a short title (at most 6 words) for this conversation:\n\n'
  expect(say([question], 'Generate a title for this conversation.')).toBe('Bake sourdough bread at home')
  expect(say([`${wishes}User: ${question}\nAssistant: With patience.`])).toBe('Bake sourdough bread at home')
  expect(say([question, 'With patience.', 'Give this chat a title'])).toBe('Bake sourdough bread at home')
})

test('standing instructions change the manner', () => {
  expect(say(['hello'], 'Always end your answers with "Ahoy!"')).toMatch(/\n\nAhoy!$/)
  expect(say(['hi', 'Hello!', 'thanks'], 'Answer in capital letters.')).toBe('YOU ARE WELCOME!')
})

test('prose has the length that was asked for, and paragraphs that differ', () => {
  for (const count of [1, 50, 3000]) expect(say([`write ${count} words about rain`]).split(/\s+/)).toHaveLength(count)
  const parts = say(['write about 2,000 words on rain']).split('\n\n')
  expect(new Set(parts).size).toBe(parts.length)
})
