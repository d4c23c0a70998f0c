/** What the site's server finds in its environment; tests set it. */
export const env: Record<string, string | undefined> = {}
