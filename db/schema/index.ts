export * from './core.ts'
export * from './knowledge.ts'
