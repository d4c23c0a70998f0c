import type { LanguageFn } from 'highlight.js'
import { createLowlight } from 'lowlight'
import type { Span } from './highlight.ts'

type Load = () => Promise<{ default: LanguageFn }>

/** Written out, so that the bundler makes a chunk of each. */
const languages: Record<string, Load> = {
  bash: () => import('highlight.js/lib/languages/bash'),
  c: () => import('highlight.js/lib/languages/c'),
  cpp: () => import('highlight.js/lib/languages/cpp'),
  csharp: () => import('highlight.js/lib/languages/csharp'),
  css: () => import('highlight.js/lib/languages/css'),
  diff: () => import('highlight.js/lib/languages/diff'),
  dockerfile: () => import('highlight.js/lib/languages/dockerfile'),
  go: () => import('highlight.js/lib/languages/go'),
  ini: () => import('highlight.js/lib/languages/ini'),
  java: () => import('highlight.js/lib/languages/java'),
  javascript: () => import('highlight.js/lib/languages/javascript'),
  json: () => import('highlight.js/lib/languages/json'),
  kotlin: () => import('highlight.js/lib/languages/kotlin'),
  lua: () => import('highlight.js/lib/languages/lua'),
  markdown: () => import('highlight.js/lib/languages/markdown'),
  php: () => import('highlight.js/lib/languages/php'),
  python: () => import('highlight.js/lib/languages/python'),
  r: () => import('highlight.js/lib/languages/r'),
  ruby: () => import('highlight.js/lib/languages/ruby'),
  rust: () => import('highlight.js/lib/languages/rust'),
  scss: () => import('highlight.js/lib/languages/scss'),
  sql: () => import('highlight.js/lib/languages/sql'),
  swift: () => import('highlight.js/lib/languages/swift'),
  typescript: () => import('highlight.js/lib/languages/typescript'),
  xml: () => import('highlight.js/lib/languages/xml'),
  yaml: () => import('highlight.js/lib/languages/yaml'),
}

const aliases: Record<string, string> = {
  'c#': 'csharp',
  'c++': 'cpp',
  cs: 'csharp',
  docker: 'dockerfile',
  golang: 'go',
  h: 'c',
  hpp: 'cpp',
  html: 'xml',
  js: 'javascript',
  jsonc: 'json',
  jsx: 'javascript',
  kt: 'kotlin',
  md: 'markdown',
  mjs: 'javascript',
  patch: 'diff',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  shell: 'bash',
  svelte: 'xml',
  svg: 'xml',
  toml: 'ini',
  ts: 'typescript',
  tsx: 'typescript',
  vue: 'xml',
  yml: 'yaml',
  zsh: 'bash',
}

const lowlight = createLowlight()

type Node = ReturnType<typeof lowlight.highlight>['children'][number]

const flatten = (nodes: readonly Node[], scope: string | undefined): Span[] =>
  nodes.flatMap((node) => {
    if (node.type === 'text') return [{ text: node.value, scope }]
    if (node.type !== 'element') return []
    const [name] = node.properties.className as string[]
    return flatten(node.children, name?.replace('hljs-', '') ?? scope)
  })

export const colour = async (code: string, written: string): Promise<readonly Span[] | undefined> => {
  const name = (Object.hasOwn(aliases, written) && aliases[written]) || written
  const load = Object.hasOwn(languages, name) ? languages[name] : undefined
  if (!load) return undefined
  if (!lowlight.registered(name)) lowlight.register(name, (await load()).default)
  return flatten(lowlight.highlight(name, code).children, undefined)
}
