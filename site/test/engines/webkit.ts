import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { freePort } from '../../../worker/local/commands/ports.ts'
import { keyActions, until, type Engine } from './engine.ts'

type Answer = { value: unknown }
const callMs = 30_000
/** Some pictures never come, of pages that are drawn all the same. */
const pictureMs = 10_000

/** WebKit by WebDriver, as its driver for Linux speaks it: https://w3c.github.io/webdriver/. It needs a display. */
export const startWebKit = async (program: string): Promise<Engine> => {
  const port = await freePort()
  const driver = spawn(program, [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    // Its sandbox needs rights that a container does not give; the only pages opened are our own.
    env: { ...process.env, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', WEBKIT_DISABLE_DMABUF_RENDERER: '1' },
  })
  const ended = new Promise<void>((resolve) => driver.on('exit', () => resolve()))
  const base = `http://127.0.0.1:${port}`
  const send = async <Result>(method: string, path: string, body?: object, ms = callMs): Promise<Result> => {
    const answer = await fetch(base + path, {
      method,
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(ms),
    })
    const { value } = (await answer.json()) as Answer
    if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(value).slice(0, 400)}`)
    return value as Result
  }
  await until('the driver of WebKit answers', async () => (await fetch(`${base}/status`)).ok)
  const binary = globSync('/usr/{lib,libexec}/**/webkit2gtk-4*/MiniBrowser')[0]
  const { sessionId } = await send<{ sessionId: string }>('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
  })
  const session = `/session/${sessionId}`
  await send('POST', `${session}/timeouts`, { script: 60_000, pageLoad: 60_000 })
  await send('POST', `${session}/window/rect`, { width: 1280, height: 800 }).catch(() => {})
  return {
    name: 'WebKit',
    // Its driver tells nothing of the console: the walk listens for errors itself.
    complaints: [],
    goto: async (url) => void (await send('POST', `${session}/url`, { url })),
    value: async (expression) => {
      const script = `const [done] = [...arguments].slice(-1); (async () => JSON.stringify((await (${expression})) ?? null))().then((json) => done({ json }), (error) => done({ error: String(error) }))`
      const { json, error } = await send<{ json?: string; error?: string }>('POST', `${session}/execute/async`, {
        script,
        args: [],
      })
      if (error) throw new Error(error)
      return JSON.parse(json ?? 'null') as unknown
    },
    type: async (text) => void (await send('POST', `${session}/actions`, { actions: keyActions(text) })),
    picture: () => send<string>('GET', `${session}/screenshot`, undefined, pictureMs),
    quit: async () => {
      await send('DELETE', session).catch(() => {})
      driver.kill()
      await ended
    },
  }
}
