import type { Settings } from '../../settings.ts'
import type { Source } from './ask.ts'
import { awsSource } from './aws.ts'
import { cloudflareSources } from './cloudflare.ts'
import { neonSource } from './neon.ts'
import { openaiSource } from './openai.ts'
import { upstashSource } from './upstash.ts'
import { vercelSource } from './vercel.ts'

/** The providers for which there is a key. */
export const sourcesOf = (of: Settings): Source[] => [
  ...(of.USAGE_CLOUDFLARE_ACCOUNT && of.USAGE_CLOUDFLARE_TOKEN
    ? cloudflareSources({ account: of.USAGE_CLOUDFLARE_ACCOUNT, token: of.USAGE_CLOUDFLARE_TOKEN })
    : []),
  ...(of.USAGE_NEON_PROJECT && of.USAGE_NEON_KEY
    ? [neonSource({ project: of.USAGE_NEON_PROJECT, key: of.USAGE_NEON_KEY })]
    : []),
  ...(of.USAGE_UPSTASH_DATABASE && of.USAGE_UPSTASH_EMAIL && of.USAGE_UPSTASH_KEY
    ? [
        upstashSource({
          database: of.USAGE_UPSTASH_DATABASE,
          email: of.USAGE_UPSTASH_EMAIL,
          key: of.USAGE_UPSTASH_KEY,
        }),
      ]
    : []),
  ...(of.USAGE_VERCEL_TOKEN ? [vercelSource({ token: of.USAGE_VERCEL_TOKEN, team: of.USAGE_VERCEL_TEAM })] : []),
  ...(of.USAGE_OPENAI_KEY ? [openaiSource({ key: of.USAGE_OPENAI_KEY, project: of.USAGE_OPENAI_PROJECT })] : []),
  ...(of.USAGE_AWS_ACCOUNT && of.USAGE_AWS_KEY_ID && of.USAGE_AWS_SECRET
    ? [awsSource({ account: of.USAGE_AWS_ACCOUNT, keyId: of.USAGE_AWS_KEY_ID, secret: of.USAGE_AWS_SECRET })]
    : []),
]
