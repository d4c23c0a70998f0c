let chosen: { email: string; password: string } | undefined

const textOf = (fields: FormData, name: string): string => {
  const value = fields.get(name)
  return typeof value === 'string' ? value : ''
}

/** Keeps the password that somebody chooses as they sign up, in this tab's memory alone: confirming signs them in then. */
export const keepChosen = (fields: FormData): void => {
  chosen = { email: textOf(fields, 'email'), password: textOf(fields, 'password') }
}

/** Sends it along where their address is confirmed, and no other. */
export const addChosen = (fields: FormData): void => {
  if (chosen?.email === textOf(fields, 'email')) fields.set('password', chosen.password)
}

export const forgetChosen = (): void => {
  chosen = undefined
}
