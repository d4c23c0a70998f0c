import * as z from 'zod'
import { askFor, bearer, type Source } from './ask.ts'

const Project = z.object({
  project: z.object({
    compute_time_seconds: z.number(),
    data_transfer_bytes: z.number(),
    synthetic_storage_size: z.number().optional(),
  }),
})

/** A project's consumption of its month, which Neon brings up to date every quarter of an hour. Asking wakes no database. */
export const neonSource = ({ project, key }: { project: string; key: string }): Source => ({
  name: 'Neon',
  ask: async () => {
    const { project: told } = await askFor(
      Project,
      `https://console.neon.tech/api/v2/projects/${encodeURIComponent(project)}`,
      { headers: bearer(key) },
    )
    return {
      'neon.cuHours': told.compute_time_seconds / 3_600,
      'neon.egressBytes': told.data_transfer_bytes,
      ...(told.synthetic_storage_size !== undefined && { 'neon.bytes': told.synthetic_storage_size }),
    }
  },
})
