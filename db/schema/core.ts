export * from './conversations.ts'
export * from './people.ts'
export * from './sharing.ts'
export * from './spending.ts'
