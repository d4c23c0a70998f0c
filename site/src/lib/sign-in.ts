/** Where somebody signs in whose session is over, to come back to where they were. */
export const signInAgain = ({ pathname }: URL): string =>
  `/sign-in?${new URLSearchParams({ next: pathname, again: '' }).toString()}`

/**
 * Whether the form is wanted although there is a session: one that the API takes no more, of a disabled account for
 * one, must not lead back to the page that says so.
 */
export const isAgain = ({ searchParams }: URL): boolean => searchParams.has('again')

/** What an address of the form carries from step to step, to follow other parameters. */
export const carriedFrom = ({ searchParams }: URL): string =>
  [...searchParams]
    .filter(([name]) => name === 'next' || name === 'again')
    .map(([name, value]) => `&${name}=${encodeURIComponent(value)}`)
    .join('')
