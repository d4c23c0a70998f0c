import { Hono } from 'hono'
export const openCache = async (_: { file: string | null; redisUrl: string | undefined }, __: (c: string) => void) => ({ close: async () => {} })
export const upstash = (_: unknown, __: string) => new Hono()
