// Stands in for packages that the PostgreSQL driver asks for and, with an address given in full, never calls.
export const parse = undefined
