const part = (n: number) => `## Part ${n}

Some **bold** text with \`code\`, a [link](https://example.org/${n}) and *more of it*, as answers have it. A second
sentence goes on for a while, so that the paragraph wraps, and then it ends.

- one thing that matters
- another one, ~~not~~ at all

\`\`\`ts
const part${n} = (x: number) => x * ${n}
\`\`\`

| a | b |
|---|---|
| 1 | ${n} |

`

/** Markdown of every kind, of so many tokens, in the pieces that a model would send: about four characters each. */
export const tokens = (count: number): string[] => {
  let text = ''
  for (let n = 1; text.length < count * 4; n++) text += part(n)
  return Array.from({ length: count }, (_, at) => text.slice(at * 4, at * 4 + 4))
}

/** What two people say in turn, so many messages of it, the answers of about 150 tokens. */
export const exchange = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => (at % 2 ? `Answer ${at}.\n\n${part(at)}` : `Question ${at}?`))
