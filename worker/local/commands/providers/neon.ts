import { Trouble } from '../trouble.ts'
import { openApi } from './api.ts'

type Branch = { id: string; name: string }
type Project = { id: string; name: string }

const database = 'neondb'
const role = 'neondb_owner'

/** Neon's API v2, as far as it is used here. */
export const neonApi = (base: string, key: string) => {
  const call = openApi('Neon', base, `Bearer ${key}`)
  const addressOf = async (project: string, branch: string) => {
    const of = new URLSearchParams({ branch_id: branch, database_name: database, role_name: role })
    return (await call<{ uri: string }>('GET', `/projects/${project}/connection_uri?${of}`)).uri
  }
  const branches = async (project: string) =>
    (await call<{ branches: Branch[] }>('GET', `/projects/${project}/branches`)).branches
  const findBranch = async (project: string, name: string) =>
    (await branches(project)).find((branch) => branch.name === name)
  return {
    findProject: async (name: string) =>
      (await call<{ projects: Project[] }>('GET', '/projects?limit=400')).projects.find((one) => one.name === name),
    makeProject: async (name: string, region: string): Promise<Project> => {
      const settings = { name, region_id: region, pg_version: 17 }
      return (await call<{ project: Project }>('POST', '/projects', { project: settings })).project
    },
    findBranch,
    addressOf: async (project: string, branch: string) => {
      const found = await findBranch(project, branch)
      if (!found) throw new Trouble(`Neon's project has no branch ${branch}.`)
      return addressOf(project, found.id)
    },
    /** The branch's connection string; a second time it is the same branch. */
    makeBranch: async (project: string, name: string, parent: string): Promise<string> => {
      const from = await findBranch(project, parent)
      if (!from) throw new Trouble(`Neon's project has no branch ${parent} to start ${name} from.`)
      const { id } =
        (await findBranch(project, name)) ??
        (
          await call<{ branch: Branch }>('POST', `/projects/${project}/branches`, {
            branch: { name, parent_id: from.id },
            endpoints: [{ type: 'read_write' }],
          })
        ).branch
      return addressOf(project, id)
    },
    removeBranch: async (project: string, name: string): Promise<void> => {
      const branch = await findBranch(project, name)
      if (branch) await call('DELETE', `/projects/${project}/branches/${branch.id}`)
    },
  }
}
export type NeonApi = ReturnType<typeof neonApi>
