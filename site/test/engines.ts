import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBuilt } from '../../worker/local/test-stack.ts'
import type { Engine } from './engines/engine.ts'
import { startFirefox } from './engines/firefox.ts'
import { walk } from './engines/walk.ts'
import { startWebKit } from './engines/webkit.ts'

/**
 * Walks through the built site in the browsers of other engines that this machine has. `pnpm build` first, then
 * `xvfb-run -a node site/test/engines.ts`; CONTRIBUTING says which packages these are.
 */
const engines: [program: string, start: (program: string) => Promise<Engine>][] = [
  [process.env['FIREFOX_PATH'] ?? '/usr/bin/firefox-esr', startFirefox],
  [process.env['WEBKIT_DRIVER_PATH'] ?? '/usr/bin/WebKitWebDriver', startWebKit],
]
const only = process.argv[2]?.toLowerCase()
const here = engines.filter(([program]) => existsSync(program) && program.toLowerCase().includes(only ?? ''))
if (here.length === 0) throw new Error(`None of these is here: ${engines.map(([program]) => program).join(', ')}.`)

const pictures = join(tmpdir(), 'macro-ai-engines')
const failed: string[] = []
const { urls, stop } = await startBuilt()
try {
  for (const [program, start] of here) {
    const engine = await start(program)
    console.log(`${engine.name}, ${String(await engine.value('navigator.userAgent'))}`)
    try {
      failed.push(...(await walk(engine, urls, pictures)), ...engine.complaints)
      for (const complaint of engine.complaints) console.log(`  ✗ in the console: ${complaint}`)
    } finally {
      await engine.quit()
    }
  }
} finally {
  await stop()
}
console.log(`Pictures: ${pictures}`)
process.exit(failed.length > 0 ? 1 : 0)
