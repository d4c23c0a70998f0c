/** Clocks may differ by as much. */
export const mostSeconds = 3

/**
 * When a token counts as issued, in seconds since the epoch: no later than its session began, give or take what clocks
 * may differ. So signing out everywhere also ends a session whose refresh tokens Cognito still takes.
 */
export const countsFrom = ({ iat, auth_time: began = iat }: { iat: number; auth_time?: number | undefined }): number =>
  Math.min(iat, began + mostSeconds)
