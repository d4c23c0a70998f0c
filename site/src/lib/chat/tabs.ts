/** What one tab tells the others of this browser. Hints only: each tab reads the truth from the API. */
export type TabHint =
  | { type: 'conversation'; id: string }
  | { type: 'conversations' }
  | { type: 'access'; accessToken: string; expiresAtMs: number; apiUrl: string }
  | { type: 'signed-out' }
  | { type: 'left' }

const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('macro-ai')

export const tellTabs = (hint: TabHint) => channel?.postMessage(hint)

/** Calls `heard` for hints from other tabs; gives back how to stop listening. */
export const hearTabs = (heard: (hint: TabHint) => unknown): (() => void) => {
  const listener = ({ data }: MessageEvent<TabHint>) => heard(data)
  channel?.addEventListener('message', listener)
  return () => channel?.removeEventListener('message', listener)
}
