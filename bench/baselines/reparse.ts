import { MarkdownDocument } from '../../site/src/lib/markdown/document.ts'
import type { Block, Inline } from '../../site/src/lib/markdown/nodes.ts'

/** What most chat pages do: the whole answer is parsed and drawn again for each piece that comes. */
export const show = (text: string, place: HTMLElement) =>
  place.replaceChildren(...new MarkdownDocument().read(text, true).blocks.map(block))

const element = (name: string, ...children: (Node | string)[]): HTMLElement => {
  const made = document.createElement(name)
  made.append(...children)
  return made
}

const inlines = (nodes: readonly Inline[]): (Node | string)[] =>
  nodes.map((node) => {
    if ('children' in node) return element(node.kind === 'strong' ? 'strong' : 'em', ...inlines(node.children))
    return 'text' in node ? (node.kind === 'text' ? node.text : element('code', node.text)) : ''
  })

const block = (node: Block): HTMLElement => {
  switch (node.kind) {
    case 'heading':
      return element('h2', ...inlines(node.inlines))
    case 'paragraph':
      return element('p', ...inlines(node.inlines))
    case 'code':
      return element('pre', element('code', node.text))
    case 'rule':
      return element('hr')
    case 'quote':
      return element('blockquote', ...node.blocks.map(block))
    case 'list':
      return element('ul', ...node.items.map((item) => element('li', ...item.blocks.map(block))))
    case 'table':
      return element(
        'table',
        ...[node.header, ...node.rows].map((row) =>
          element('tr', ...row.map((cell) => element('td', ...inlines(cell)))),
        ),
      )
  }
}
