import { openApi } from './api.ts'

type Database = { database_id: string; database_name: string; endpoint: string; rest_token: string }

/** Upstash's API for its developers, as far as it is used here. */
export const upstashApi = (base: string, email: string, key: string) => {
  const call = openApi('Upstash', base, `Basic ${Buffer.from(`${email}:${key}`).toString('base64')}`)
  return {
    /** The database of this name, made when there is none. */
    database: async (name: string, region: string): Promise<Database> => {
      const found = (await call<Database[]>('GET', '/redis/databases')).find((one) => one.database_name === name)
      // The list need not tell the tokens.
      if (found) return call<Database>('GET', `/redis/database/${found.database_id}`)
      const asked = { database_name: name, platform: 'aws', primary_region: region, tls: true }
      return call<Database>('POST', '/redis/database', asked)
    },
  }
}
