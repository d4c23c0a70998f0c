import { randomBytes } from 'node:crypto'
import { credentials, runProgram, succeed, wranglerCli } from '../deploy/cli.ts'
import { bucket as backups, nightsKept } from '../backup/bucket.ts'
import { baseBranch } from '../preview/preview.ts'
import { neonApi } from '../providers/neon.ts'
import { upstashApi } from '../providers/upstash.ts'
import { vercelApi } from '../providers/vercel.ts'
import { Trouble } from '../trouble.ts'
import type { Given } from '../names.ts'
import type { Step } from './step.ts'

const name = 'macro-ai'
/** Of all previews: wrangler.toml binds them to it. */
const previewFiles = `${name}-preview-files`
const text = (value: string | undefined) => value ?? ''

const database: Step = {
  name: 'Database',
  does: `make the Neon project ${name}, and an empty branch that previews start from`,
  needs: ['NEON_API_KEY', 'AWS_REGION'],
  gives: ['NEON_PROJECT_ID', 'NEON_DATABASE_URL'],
  make: async (given, at) => {
    const neon = neonApi(at.neon, text(given.NEON_API_KEY))
    const project = (await neon.findProject(name)) ?? (await neon.makeProject(name, `aws-${given.AWS_REGION}`))
    // Now, while there is nothing in it: what starts from here holds nobody's data.
    await neon.makeBranch(project.id, baseBranch, 'production')
    return { NEON_PROJECT_ID: project.id, NEON_DATABASE_URL: await neon.addressOf(project.id, 'production') }
  },
}

const cache: Step = {
  name: 'Cache',
  does: `make the Upstash database ${name}`,
  needs: ['UPSTASH_EMAIL', 'UPSTASH_API_KEY', 'AWS_REGION'],
  gives: ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
  make: async (given, at) => {
    const upstash = upstashApi(at.upstash, text(given.UPSTASH_EMAIL), text(given.UPSTASH_API_KEY))
    const made = await upstash.database(name, text(given.AWS_REGION))
    return { UPSTASH_REDIS_REST_URL: `https://${made.endpoint}`, UPSTASH_REDIS_REST_TOKEN: made.rest_token }
  },
}

const signIn: Step = {
  name: 'Sign-in',
  does: `deploy the CloudFormation stack ${name}: a user pool, and warnings of cost by e-mail`,
  needs: ['AWS_REGION', 'ALERT_EMAIL'],
  gives: ['COGNITO_ISSUER', 'COGNITO_CLIENT_ID'],
  make: async (given) => {
    const stack = ['--stack-name', name, '--region', text(given.AWS_REGION)]
    const template = ['--template-file', 'worker/infra/template.yaml', '--no-fail-on-empty-changeset']
    const alert = ['--parameter-overrides', `AlertEmail=${given.ALERT_EMAIL}`]
    await succeed('aws', ['cloudformation', 'deploy', ...stack, ...template, ...alert])
    const told = await succeed('aws', ['cloudformation', 'describe-stacks', ...stack, '--output', 'json'])
    const { Stacks } = JSON.parse(told) as { Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[] }
    const output = (key: string) => text(Stacks[0]?.Outputs.find((one) => one.OutputKey === key)?.OutputValue)
    return { COGNITO_ISSUER: output('CognitoIssuer'), COGNITO_CLIENT_ID: output('CognitoClientId') }
  },
}

const secrets: Step = {
  name: 'Secrets',
  does: 'make the random keys of the Worker, the site and the backups',
  needs: [],
  gives: ['SITE_SECRET', 'SESSION_KEYS', 'HEALTH_KEY', 'BACKUP_KEY'],
  make: async (given) => {
    const made = (known: string | undefined) => known ?? randomBytes(32).toString('base64url')
    const { SITE_SECRET, SESSION_KEYS, HEALTH_KEY, BACKUP_KEY } = given
    return {
      SITE_SECRET: made(SITE_SECRET),
      SESSION_KEYS: made(SESSION_KEYS),
      HEALTH_KEY: made(HEALTH_KEY),
      BACKUP_KEY: made(BACKUP_KEY),
    }
  },
}

const model: Step = {
  name: 'Model',
  does: 'use your key',
  needs: ['OPENAI_API_KEY'],
  gives: ['OPENAI_API_KEY'],
  make: async () => ({}),
}

const addresses: Step = {
  name: 'API address',
  does: 'note where the Worker will answer',
  needs: ['CLOUDFLARE_ACCOUNT_ID', 'WORKERS_SUBDOMAIN'],
  gives: ['API_URL'],
  make: async ({ WORKERS_SUBDOMAIN }) => ({ API_URL: `https://${name}.${WORKERS_SUBDOMAIN}.workers.dev` }),
}

const buckets: Step = {
  name: 'Buckets',
  does: 'make the R2 buckets for files, for thirty nights of backups and for a week of previews’ files',
  needs: ['CLOUDFLARE_ACCOUNT_ID'],
  gives: [],
  make: async (given) => {
    const wrangler = wranglerCli(credentials(given))
    for (const bucket of [`${name}-files`, backups, previewFiles]) {
      const { code, stdout, stderr } = await wrangler.run(['r2', 'bucket', 'create', bucket])
      if (code !== 0 && !/already (exists|own)|\[code: 10004\]/.test(stdout + stderr))
        throw new Trouble(
          `The bucket ${bucket} was not made. R2 asks for a card (dash.cloudflare.com → R2 → Add R2), and bills past 10 GB, ` +
            `which the app's own limit stays below. To run without files, remove r2_buckets from wrangler.toml and ` +
            `run this with --without-buckets.\n${(stdout + stderr).trim()}`,
        )
    }
    const expire = async (bucket: string, rule: string, prefix: string, days: number) => {
      const { stdout } = await wrangler.run(['r2', 'bucket', 'lifecycle', 'list', bucket])
      if (stdout.includes(rule)) return
      const add = ['r2', 'bucket', 'lifecycle', 'add', bucket, rule, prefix, '--expire-days', String(days), '--force']
      await wrangler.succeed(add)
    }
    await expire(backups, 'thirty-nights', 'nightly/', nightsKept)
    // A preview's rows go with its branch, and nobody else knows of these.
    await expire(previewFiles, 'a-week', 'files/', 7)
    return {}
  },
}

const site: Step = {
  name: 'Site',
  does: `make the Vercel project ${name} and give it its settings`,
  needs: ['VERCEL_TOKEN'],
  gives: ['VERCEL_PROJECT_ID', 'VERCEL_ORG_ID', 'SITE_URL', 'ALLOWED_ORIGINS'],
  make: async (given, at) => {
    const vercel = vercelApi(at.vercel, text(given.VERCEL_TOKEN))
    const project = (await vercel.findProject(name)) ?? (await vercel.makeProject(name))
    const url = await vercel.addressOf(project.id)
    const { API_URL, SITE_SECRET, SESSION_KEYS } = given
    await vercel.setVariables(project.id, {
      API_URL: text(API_URL),
      PUBLIC_API_URL: text(API_URL),
      SITE_SECRET: text(SITE_SECRET),
      SESSION_KEYS: text(SESSION_KEYS),
    })
    return { VERCEL_PROJECT_ID: project.id, VERCEL_ORG_ID: project.accountId, SITE_URL: url, ALLOWED_ORIGINS: url }
  },
}

/** In order: each may use what the ones before it gave. */
export const steps: readonly Step[] = [database, cache, signIn, secrets, model, addresses, buckets, site]

/** What of this machine's programs is missing or not signed in. */
export const toolsMissing = async (given: Given): Promise<string[]> => {
  const wrangler = await wranglerCli(credentials(given))
    .run(['whoami'])
    .catch(() => undefined)
  // It ends well also when nobody is signed in.
  const isSignedIn = wrangler?.code === 0 && !/not authenticated/i.test(wrangler.stdout + wrangler.stderr)
  const aws = await runProgram('aws', ['sts', 'get-caller-identity']).catch(() => undefined)
  return [
    ...(isSignedIn
      ? []
      : [lacks('wrangler', 'Run `pnpm wrangler login`, or put CLOUDFLARE_API_TOKEN into .env.production.')]),
    ...(aws?.code === 0 ? [] : [lacks('aws', 'Install the AWS CLI (aws.amazon.com/cli) and run `aws configure sso`.')]),
  ]
}

const lacks = (program: string, how: string) => `${program} is not there or not signed in. ${how}`
