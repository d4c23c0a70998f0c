import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

/** Who may import whom: DESIGN's table, held by lint. `allowed` are the only packages a folder may name. */
const mayImport = (files, allowed, options = {}) => ({
  files,
  ignores: ['**/*.test.ts', ...(options.ignores ?? [])],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            // Relative imports are free inside the folder; anything else must be on the list.
            regex: `^(?!\\.)(?!(?:${allowed.join('|')})(?:/|$))`,
            message: `This folder may import only: ${allowed.join(', ') || 'its own files'}.`,
          },
          ...(options.patterns ?? []),
        ],
      },
    ],
    'no-restricted-globals': ['error', ...(options.globals ?? [])],
  },
})

const noFetch = [{ name: 'fetch', message: 'Outside calls belong in worker/src/adapters.' }]
const noUp = { regex: '(^|/)(routes|middleware)/', message: 'Use cases and adapters know no HTTP.' }

export default ts.config(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '**/.svelte-kit',
      '**/.vercel',
      '**/.wrangler',
      '**/.local',
      'stryker-tmp',
      'db/migrations',
    ],
  },
  js.configs.recommended,
  ...ts.configs.recommendedTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.browser, ...globals.node },
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'site/*.js'] },
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/require-await': 'off',
      'no-console': 'off',
      'no-undef': 'off',
    },
  },
  { files: ['**/*.svelte', '**/*.svelte.ts'], languageOptions: { parserOptions: { parser: ts.parser } } },
  {
    files: ['**/*.svelte'],
    rules: { 'svelte/no-at-html-tags': 'error' },
  },
  { files: ['site/src/**'], rules: { 'svelte/no-navigation-without-resolve': 'off' } },
  { files: ['**/*.js'], ...ts.configs.disableTypeChecked },

  mayImport(['shared/src/**/*.ts'], ['zod']),
  mayImport(['db/schema/**/*.ts'], ['drizzle-orm', '@macro-ai/shared']),
  mayImport(['worker/src/*.ts'], ['hono', 'zod', '@macro-ai/shared', 'cloudflare:workers']),
  mayImport(['worker/src/routes/**/*.ts', 'worker/src/middleware/**/*.ts'], ['hono', 'zod', '@macro-ai/shared'], {
    globals: noFetch,
    patterns: [
      { regex: '/adapters/', allowTypeImports: true, message: 'Routes and middleware reach adapters through deps.' },
    ],
  }),
  mayImport(['worker/src/*/**/*.ts'], ['@macro-ai/shared', 'cloudflare:workers'], {
    ignores: ['worker/src/routes/**', 'worker/src/middleware/**', 'worker/src/adapters/**'],
    globals: noFetch,
    patterns: [noUp, { regex: '/adapters/', allowTypeImports: true, message: 'Use cases name adapters by type only.' }],
  }),
  mayImport(
    ['worker/src/adapters/**/*.ts'],
    [
      '@macro-ai/shared',
      '@macro-ai/db',
      '@neondatabase/serverless',
      'drizzle-orm',
      '@upstash',
      'aws-jwt-verify',
      'aws4fetch',
      'jose',
      'openai',
      'pg',
      'zod',
    ],
    { patterns: [noUp] },
  ),
)
