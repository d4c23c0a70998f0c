import type { Given, Name } from '../names.ts'
import type { Bases } from '../providers/api.ts'

/** One thing that an instance needs. */
export type Step = {
  name: string
  /** What `make` will do, for the plan: an imperative without a full stop. */
  does: string
  /** Settings that a person must have put into .env.production before. */
  needs: Name[]
  /** Settings that it makes: when all are there it is done. */
  gives: Name[]
  /** Does it, or finds it done; a second time must change nothing. */
  make: (given: Given, at: Bases) => Promise<Given>
}

/** Where a person finds or makes what no API gives, and what it can cost. */
export const where: Partial<Record<Name, string>> = {
  NEON_API_KEY: 'console.neon.tech → your picture → Account settings → API keys → Create. Free, no card.',
  UPSTASH_EMAIL:
    'The e-mail address of your account at console.upstash.com. Add no card: with one it bills past the free tier.',
  UPSTASH_API_KEY: 'console.upstash.com → your name → Account → Management API → Create API key.',
  AWS_REGION: 'The AWS region for sign-in, such as eu-west-2. `aws configure sso` must have been run.',
  ALERT_EMAIL: 'Where AWS sends its warnings of cost.',
  OPENAI_API_KEY:
    'platform.openai.com → API keys → Create. It costs money: pay in $5 and switch auto-reload OFF under Billing.',
  VERCEL_TOKEN: 'vercel.com → Account settings → Tokens → Create. The Hobby plan is free, for what is not commercial.',
  CLOUDFLARE_ACCOUNT_ID: 'dash.cloudflare.com → Workers & Pages → Account ID. The free plan needs no card.',
  WORKERS_SUBDOMAIN: 'dash.cloudflare.com → Workers & Pages → Your subdomain: YOU in YOU.workers.dev.',
}

export const missing = (given: Given, names: Name[]): Name[] => names.filter((name) => !given[name])
export const isDone = (given: Given, { gives }: Step): boolean => gives.length > 0 && missing(given, gives).length === 0
