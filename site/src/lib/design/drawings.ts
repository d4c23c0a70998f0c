export const drawings = ['offline', 'lost', 'broken', 'empty'] as const

export type DrawingName = (typeof drawings)[number]
