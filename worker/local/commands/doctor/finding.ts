export type Verdict = 'ok' | 'look' | 'danger'

/** One thing that was checked. `look`: cannot be seen from here, or is no danger yet, and is worth a look. */
export type Finding = { what: string; verdict: Verdict; detail: string }

export const finding = (what: string, verdict: Verdict, detail: string): Finding => ({ what, verdict, detail })
