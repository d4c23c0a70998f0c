/** Small things to show in tables and lists: a heading row and its rows. */
export const TABLES: Record<string, string[][]> = {
  planet: [
    ['Planet', 'Diameter (km)', 'Moons'],
    ['Mercury', '4,879', '0'],
    ['Venus', '12,104', '0'],
    ['Earth', '12,756', '1'],
    ['Mars', '6,792', '2'],
  ],
  ocean: [
    ['Ocean', 'Area (million km²)', 'Deepest point (m)'],
    ['Pacific', '168.7', '10,925'],
    ['Atlantic', '85.1', '8,376'],
    ['Indian', '70.6', '7,290'],
  ],
  fruit: [
    ['Fruit', 'Season', 'Colour'],
    ['Apple', 'autumn', 'red or green'],
    ['Cherry', 'summer', 'dark red'],
    ['Lemon', 'winter', 'yellow'],
  ],
  plan: [
    ['Step', 'What to do', 'How long'],
    ['Begin', 'Write down what you want', '5 minutes'],
    ['Try', 'Do the smallest useful part', '30 minutes'],
    ['Look', 'Compare it with what you wanted', '10 minutes'],
    ['Finish', 'Do the rest, or stop here', 'as long as it takes'],
  ],
}

export const CODE: Record<string, string> = {
  typescript: `const fibonacci = (n: number): number => {
  let [a, b] = [0, 1]
  for (let i = 0; i < n; i += 1) [a, b] = [b, a + b]
  return a
}

console.log(fibonacci(10)) // 55`,
  python: `def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


print(fibonacci(10))  # 55`,
  rust: `fn fibonacci(n: u32) -> u64 {
    (0..n).fold((0, 1), |(a, b), _| (b, a + b)).0
}

fn main() {
    println!("{}", fibonacci(10)); // 55
}`,
  sql: `select author, count(*) as books
from library
group by author
order by books desc
limit 10;`,
  bash: `for file in *.txt; do
  printf '%s: %s words\\n' "$file" "$(wc -w < "$file")"
done`,
  html: `<label>
  Your name
  <input name="name" autocomplete="name" required />
</label>`,
}

export const MATH = String.raw`The solutions of $ax^2 + bx + c = 0$ with $a \ne 0$ are

$$
x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}
$$

and the square of a sum is $(a + b)^2 = a^2 + 2ab + b^2$.`
