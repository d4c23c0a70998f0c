/** Where `pnpm backup --r2` puts its nights. */
export const bucket = 'macro-ai-backups'
