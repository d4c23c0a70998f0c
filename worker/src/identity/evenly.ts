/**
 * Runs something whose time must not tell what it found, and answers, good or bad, only when `ms` have passed. Waiting
 * costs no CPU.
 */
export const evenly = async <T>(ms: number, run: () => Promise<T>): Promise<T> => {
  const over = new Promise((resolve) => setTimeout(resolve, ms))
  try {
    return await run()
  } finally {
    await over
  }
}

/** The same for what only a failure can tell: who is right need not wait. */
export const failEvenly = async <T>(ms: number, run: () => Promise<T>): Promise<T> => {
  const over = new Promise((resolve) => setTimeout(resolve, ms))
  try {
    return await run()
  } catch (error) {
    await over
    throw error
  }
}
