/** The pool's groups that mean something here. Only its owner, with AWS credentials, can put anybody into one. */
export const isAdmin = (groups: readonly string[]): boolean => groups.includes('admin')

/** Let in by the owner, whatever JOIN says. */
export const isMember = (groups: readonly string[]): boolean => isAdmin(groups) || groups.includes('member')
