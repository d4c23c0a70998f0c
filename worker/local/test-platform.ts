import type { TestProject } from 'vitest/node'
import { startThrowaway } from './throwaway.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    platformUrl: string
    /** The Worker's variables. */
    variables: Record<string, string>
  }
}

/** Tokens a second: quick, and a long answer still takes a few seconds, so that tests can step into the middle of one. */
const MODEL_PACE = '1000'
/** Deadlines that tests can wait for. */
const variables = { FIRST_BYTE_MS: '5000', STALL_MS: '3000', HEALTH_KEY: 'the key of the test suite' }

/** A platform for the Worker's suite. */
export default async (project: TestProject) => {
  const { settings, stop } = await startThrowaway({ api: 8787, site: 5173, MODEL_PACE })
  project.provide('platformUrl', settings.urls.platform)
  project.provide('variables', { ...settings.worker, ...variables })
  return stop
}
