// Stands in for pg-types in the Worker's bundle (wrangler.toml's `alias`): every value stays the text it came as.
export const getTypeParser = () => (value) => value
export const setTypeParser = () => undefined
export const builtins = {}
