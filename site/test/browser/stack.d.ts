import 'vitest'

declare module 'vitest' {
  /** What the suite's set-up has started. */
  interface ProvidedContext {
    siteUrl: string
    apiUrl: string
    platformUrl: string
    hasKnowledge: boolean
    breaksDatabase: boolean
  }
}
