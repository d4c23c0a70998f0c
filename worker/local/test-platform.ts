import type { TestProject } from 'vitest/node'
import { startThrowaway } from './throwaway.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
    /** The Worker's variables. */
    variables: Record<string, string>
  }
}

/** A platform for the Worker's suite; its model answers without delay. */
export default async (project: TestProject) => {
  const { settings, stop } = await startThrowaway({ api: 8787, site: 5173, MODEL_PACE: 'instant' })
  project.provide('platformUrl', settings.urls.platform)
  project.provide('variables', settings.worker)
  return stop
}
