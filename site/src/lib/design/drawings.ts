export type DrawingName = 'offline' | 'lost' | 'broken' | 'empty'
