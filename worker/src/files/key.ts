/** What names a file everywhere: whose it is, and which. */
export type FileKey = { ownerId: string; id: string }
