import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { keyActions, type Engine } from './engine.ts'

type Answer = { type?: string; id?: number; method?: string; params?: Logged; result?: unknown; message?: string }
type Logged = { level?: string; text?: string }
type Evaluated = { type: string; result?: { value?: string }; exceptionDetails?: { text: string } }

/** Firefox by WebDriver BiDi, which it speaks itself: https://w3c.github.io/webdriver-bidi/. */
export const startFirefox = async (program: string): Promise<Engine> => {
  const profile = mkdtempSync(join(tmpdir(), 'firefox-'))
  writeFileSync(join(profile, 'user.js'), 'user_pref("datareporting.policy.dataSubmissionEnabled", false);\n')
  const browser = spawn(program, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: '1' },
  })
  const ended = new Promise<void>((resolve) => browser.on('exit', () => resolve()))
  const address = await new Promise<string>((resolve, reject) => {
    createInterface(browser.stderr).on('line', (line) => {
      const [, found] = /WebDriver BiDi listening on (ws:\S+)/.exec(line) ?? []
      if (found) resolve(found)
    })
    void ended.then(() => reject(new Error(`${program} ended before it could be reached.`)))
  })

  const complaints: string[] = []
  const asked = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  const socket = new WebSocket(`${address}/session`)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  socket.onmessage = ({ data }) => {
    const { id, type, method, params, result, message } = JSON.parse(String(data)) as Answer
    if (method === 'log.entryAdded' && params?.level === 'error') complaints.push(params.text ?? '')
    const waiting = id === undefined ? undefined : asked.get(id)
    if (type === 'error') waiting?.reject(new Error(message))
    else waiting?.resolve(result)
  }
  let count = 0
  const send = <Result>(method: string, params: object): Promise<Result> =>
    new Promise((resolve, reject) => {
      asked.set(++count, { resolve: resolve as (value: unknown) => void, reject })
      socket.send(JSON.stringify({ id: count, method, params }))
    })

  await send('session.new', { capabilities: {} })
  await send('session.subscribe', { events: ['log.entryAdded'] })
  const { contexts } = await send<{ contexts: { context: string }[] }>('browsingContext.getTree', {})
  const context = contexts[0]?.context
  await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 800 } })
  return {
    name: 'Firefox',
    complaints,
    goto: async (url) => void (await send('browsingContext.navigate', { context, url, wait: 'complete' })),
    value: async (expression) => {
      const { result, exceptionDetails } = await send<Evaluated>('script.evaluate', {
        expression: `(async () => JSON.stringify((await (${expression})) ?? null))()`,
        target: { context },
        awaitPromise: true,
      })
      if (exceptionDetails) throw new Error(exceptionDetails.text)
      return JSON.parse(result?.value ?? 'null') as unknown
    },
    type: async (text) => void (await send('input.performActions', { context, actions: keyActions(text) })),
    picture: async () => (await send<{ data: string }>('browsingContext.captureScreenshot', { context })).data,
    quit: async () => {
      await send('browser.close', {}).catch(() => browser.kill())
      await ended
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
