import { defineConfig } from 'drizzle-kit'

export default defineConfig({ dialect: 'postgresql', schema: './schema/knowledge.ts', out: './migrations/knowledge' })
