import { siteFolder } from '../places.ts'
import { Trouble } from '../trouble.ts'
import { succeed } from '../deploy/cli.ts'
import { openApi } from './api.ts'

type Project = { id: string; name: string; accountId: string }
/** The command line's version: it is fetched when it is used, and is no part of what we install. */
const cli = 'vercel@48'

export const vercelApi = (base: string, token: string) => {
  const call = openApi('Vercel', base, `Bearer ${token}`)
  return {
    findProject: async (name: string) =>
      (await call<{ projects: Project[] }>('GET', `/v9/projects?search=${name}`)).projects.find(
        (one) => one.name === name,
      ),
    /** Anybody may open its pages: signing in is the app's own. */
    makeProject: async (name: string): Promise<Project> => {
      const project = await call<Project>('POST', '/v11/projects', { name, framework: 'sveltekit' })
      await call('PATCH', `/v9/projects/${project.id}`, { ssoProtection: null })
      return project
    },
    /** The address that Vercel gave the project: the name may have been taken. */
    addressOf: async (project: string): Promise<string> => {
      const { domains } = await call<{ domains: { name: string }[] }>('GET', `/v9/projects/${project}/domains`)
      const [domain] = domains
      if (!domain) throw new Trouble('Vercel gave the project no address.')
      return `https://${domain.name}`
    },
    setVariables: (project: string, values: Record<string, string>) =>
      call(
        'POST',
        `/v10/projects/${project}/env?upsert=true`,
        Object.entries(values).map(([key, value]) => ({
          key,
          value,
          type: 'encrypted',
          target: ['production'],
        })),
      ),
    removeDeployments: async (project: string, meta: string) => {
      const of = new URLSearchParams({ projectId: project, 'meta-preview': meta, limit: '100' })
      const { deployments } = await call<{ deployments: { uid: string }[] }>('GET', `/v6/deployments?${of}`)
      for (const { uid } of deployments) await call('DELETE', `/v13/deployments/${uid}`)
    },
  }
}

type Account = { token: string; org: string; project: string }

const vercel = (args: string[], { token, org, project }: Account) =>
  succeed('npx', ['--yes', cli, ...args, '--yes'], {
    cwd: siteFolder,
    environment: { VERCEL_TOKEN: token, VERCEL_ORG_ID: org, VERCEL_PROJECT_ID: project },
  })

/** Sends the site as it was built, and gives its address. */
export const deploySite = async ({ args, ...account }: Account & { args: string[] }): Promise<string> => {
  const printed = await vercel(['deploy', '--prebuilt', ...args], account)
  const url = printed.trim().split(/\s+/).at(-1) ?? ''
  if (!URL.canParse(url)) throw new Trouble(`Vercel does not say where the site is:\n${printed}`)
  return new URL(url).origin
}

/** Lets what was sent to an address of its own answer at the site's. */
export const promoteSite = async ({ url, ...account }: Account & { url: string }): Promise<void> => {
  await vercel(['promote', url], account)
}
