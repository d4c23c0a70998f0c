import { expect, test } from 'vitest'
import { plainExtract, plainPiece } from '../src/lib/markdown/plain-extract.ts'

test.each([
  ['# Tides and *their* **two** causes', 'Tides and their two causes'],
  ['They _rise_ and ***fall***, ~~thrice~~ twice.', 'They rise and fall, thrice twice.'],
  ['**a *nested* one** and *another*', 'a nested one and another'],
  ['Call `find_all(*args)`, then ``x ` y``', 'Call find_all(*args), then x y'],
  ['* one * two * three', 'one · two · three'],
  ['- one - two', 'one - two'],
  ['> said ## Then came | a table | :--- | 2 |', 'said Then came a table 2'],
  ['See [the *list*](https://a.bc/d) and ![a boat](b.png)', 'See the list and a boat'],
  [String.raw`By \(a^2 + b^{12}\) and \[\frac{1}{2}\,mv^2 \leq E\]`, 'By a² + b¹² and 1/2 mv² ≤ E'],
  [String.raw`$$\int_0^\infty \frac{x+1}{\sqrt{y}}\,dx$$ of $\alpha_1$`, '∫_0^∞ (x+1)/√y dx of α_1'],
  [String.raw`\(\left(\text{speed} \approx \sin\theta\right)\)`, '(speed ≈ sin θ)'],
  [String.raw`\(f \circ g\), \(90^\circ\), \[\begin{aligned}a &= b\\c &= d\end{aligned}\]`, 'f ∘ g, 90°, a = b c = d'],
  // What only looks like it stays.
  ['From $5 to $6, and `\\(code\\)`', String.raw`From $5 to $6, and \(code\)`],
  ['C# is issue # 3 and #4', 'C# is issue # 3 and #4'],
  ['2 * 3 = 6, 2*3*4 = 24', '2 · 3 = 6, 2*3*4 = 24'],
  ['snake_case_name and *args', 'snake_case_name and *args'],
  ['a cut **beginning', 'a cut beginning'],
])('of %j is read %j', (markdown, text) => {
  expect(plainPiece(markdown)).toBe(text)
})

/** With what matches in brackets. */
const marked = (text: string) =>
  plainExtract(text.split(/\[(.*?)\]/).map((part, at) => ({ text: part, match: at % 2 === 1 })))
    .map((part) => (part.match ? `[${part.text}]` : part.text))
    .join('')

test.each([
  ['the **[Lighthouse]** keeps *its [light]*', 'the [Lighthouse] keeps its [light]'],
  ['call `find_[wombat](x)` # [Wombats] are', 'call find_[wombat](x) [Wombats] are'],
  ['*[one]* and **un[one]**', '[one] and un[one]'],
  ['[one] [two]', '[one] [two]'],
  ['Loss: |---|:--:| | [Roof] | 30 % ```js let a = 1 ```', 'Loss: [Roof] 30 % let a = 1'],
])('what matches stays marked: %j', (extract, text) => {
  expect(marked(extract)).toBe(text)
})
