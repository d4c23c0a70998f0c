/** What a statement of a migration does to code that does not know of it yet, or still counts on what was there. */
const breaking: [found: RegExp, why: string][] = [
  [/\bdrop\s+(table|column|view|type|function|schema)\b/i, 'the code that runs meanwhile may still use it'],
  [/\bdrop\s+constraint\b/i, 'on conflict may name it, and what it kept out may come in'],
  [/\brename\b/i, 'the code that runs meanwhile knows the old name only'],
  [/\balter\s+column\s+\S+\s+(set\s+data\s+)?type\b/i, 'the code that runs meanwhile reads and writes the old type'],
  [/\balter\s+column\s+\S+\s+set\s+not\s+null\b/i, 'the code that runs meanwhile may still write none'],
  [/\balter\s+column\s+\S+\s+drop\s+default\b/i, 'the code that runs meanwhile may count on it'],
  [
    /\badd\s+column\b(?!.*\bdefault\b)(?!.*\bgenerated\b).*\bnot\s+null\b/is,
    'the code that runs meanwhile writes none',
  ],
  [/\btruncate\b(?!.*\btrigger\b)/is, 'it loses what was said'],
]

/** Says, before its statement: `-- survives: why the code before this migration goes on working`. */
const excuse = /--\s*survives:\s*\S.{20,}/i

/**
 * Why a migration cannot be applied while the code before it runs; empty when it can. `created` are the tables that the
 * same migration makes: nothing uses them yet.
 */
export const breaksOldCode = (migration: string): string[] => {
  const created = new Set(
    [...migration.matchAll(/\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?"?(\w+)/gi)].map(([, name]) => name),
  )
  return migration
    .split('--> statement-breakpoint')
    .filter((statement) => !excuse.test(statement))
    .flatMap((statement) => {
      const code = statement.replaceAll(/--.*$/gm, '').replaceAll(/\$\$[\s\S]*?\$\$/g, '')
      const [, table] = /\balter\s+table\s+(?:only\s+)?"?(\w+)/i.exec(code) ?? []
      if (/^\s*create\s+trigger\b/i.test(code) || (table && created.has(table))) return []
      return breaking
        .filter(([found]) => found.test(code))
        .map(([, why]) => `${code.trim().replaceAll(/\s+/g, ' ').slice(0, 80)}: ${why}`)
    })
}
