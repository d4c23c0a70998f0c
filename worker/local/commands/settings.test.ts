import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { writeDevVars } from './dev-vars.ts'
import { readGiven } from './env-file.ts'
import { names, workerNames, type Given } from './names.ts'
import { root } from './places.ts'
import { readPorts } from './ports.ts'
import { keptSecrets } from './secrets.ts'
import { composeSettings } from './settings.ts'
import { summary } from './summary.ts'

const folder = mkdtempSync(join(tmpdir(), 'macro-ai-'))
afterAll(() => rmSync(folder, { recursive: true }))

const file = (text: string) => {
  const path = join(folder, '.env')
  writeFileSync(path, text)
  return path
}
const settingsFor = (given: Given) => composeSettings(given, readPorts(given), keptSecrets(folder))
const tableFor = (given: Given) => summary({ ...settingsFor(given), warnings: [] }, 1_000, true)

test.each([
  ['JOIN=open\n\nOPENAI_API_KEY\n', 3, 'it must read NAME=value'],
  ['# a note\nsk-a secret by itself', 2, 'it must read NAME=value'],
  ['JOIN=open\r\nMODELS="[\r\nmore\r\n', 2, 'the quote " is not closed'],
  ['\0J\0O\0I\0N', 1, 'this is not UTF-8 text'],
])('a broken .env %j is told by the number of its line, without its text', (text, line, why) => {
  expect(() => readGiven(file(text), {})).toThrow(`.env, line ${line}: ${why}. Correct or delete that line`)
})

test('a .env may hold comments, exports, quotes over several lines, and empty values that count as absent', () => {
  const text = `# note\n\nexport JOIN='closed' # note\nMODELS="[\n]"\nDEFAULT_MODEL=\nOTHER_PROGRAMS_SETTING=1\n`
  expect(readGiven(file(text), {})).toEqual({ given: { JOIN: 'closed', MODELS: '[\n]' }, warnings: [] })
})

test('the environment wins over .env, unless it is empty there', () => {
  const { given } = readGiven(file('JOIN=open\nAPI_PORT=1000\n'), { JOIN: 'closed', API_PORT: '' })
  expect(given).toEqual({ JOIN: 'closed', API_PORT: '1000' })
})

test('a misspelt setting is told, with the one that was probably meant', () => {
  const { warnings } = readGiven(file('OPENAI_APIKEY=x\nOPEN_AI_API_KEY=x\nAPI_PROT=1\nEDITOR=vi\n'), {})
  expect(warnings.sort()).toEqual([
    '.env: API_PROT is not a setting and has no effect; did you mean API_PORT?',
    '.env: OPENAI_APIKEY is not a setting and has no effect; did you mean OPENAI_API_KEY?',
    '.env: OPEN_AI_API_KEY is not a setting and has no effect; did you mean OPENAI_API_KEY?',
  ])
})

test('.env.example tells of every setting and of no other', () => {
  const example = readFileSync(join(root, '.env.example'), 'utf8')
  expect(Object.keys(parseEnv(example)).sort()).toEqual([...names].sort())
  expect(readGiven(join(root, '.env.example'), {})).toEqual({ given: {}, warnings: [] })
  const [, shown] = /^# MODELS='(.*)'$/m.exec(example) ?? []
  expect(settingsFor({ MODELS: shown, DEFAULT_MODEL: 'some-model' }).read.models.get('some-model')).toBeDefined()
  const [, rates] = /^# EXCHANGE_RATES='(.*)'$/m.exec(example) ?? []
  const { read } = settingsFor({ EXCHANGE_RATES: rates })
  expect(read.rates.map(({ currency }) => currency)).toEqual(['GBP', 'EUR', 'CHF'])
})

test('every variable that the Worker reads is a setting', () => {
  const source = readFileSync(join(root, 'worker/src/settings.ts'), 'utf8')
  const read = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name)
  expect(read.sort()).toEqual([...workerNames].sort())
})

test('with nothing set, every part is embedded and the Worker accepts its settings', () => {
  const { parts, needsPlatform, read } = settingsFor({})
  expect(Object.values(parts).map(({ embedded }) => embedded)).toEqual([true, true, true, true])
  expect(needsPlatform).toBe(true)
  expect(read.models.get(read.DEFAULT_MODEL)?.label).toBe('Offline demo model')
})

test('other ports reach every address that names one', () => {
  const { worker, site } = settingsFor({ API_PORT: '1001', SITE_PORT: '1002', PLATFORM_PORT: '1003' })
  expect(site.PUBLIC_API_URL).toBe('http://127.0.0.1:1001')
  expect(worker.ALLOWED_ORIGINS).toBe('http://127.0.0.1:1002,http://localhost:1002')
  expect(worker.COGNITO_ISSUER).toBe('http://127.0.0.1:1003/cognito/local_macro')
  expect(JSON.stringify({ worker, site })).not.toMatch(/:(8787|5173|8799)\b/)
  expect(() => readPorts({ API_PORT: 'web' })).toThrow('API_PORT is "web"')
  expect(() => readPorts({ API_PORT: '5173' })).toThrow('three different ports')
})

test('a key for OpenAI brings its models and the small caps, and takes the demo models away', () => {
  const { worker, read, parts } = settingsFor({ OPENAI_API_KEY: 'sk-real' })
  expect(parts.model).toMatchObject({ embedded: false, is: 'gpt-6-luna at OpenAI' })
  expect(read.models.has('demo')).toBe(false)
  expect(read.OPENAI_BASE_URL).toBe('https://api.openai.com/v1')
  expect(worker.INSTANCE_MONTH_CAP_MICROS).toBeUndefined()
  expect(read.INSTANCE_MONTH_CAP_MICROS).toBeLessThanOrEqual(1_000_000)
})

test('a model without a price is free on this machine, and refused anywhere else', () => {
  const ollama = { OPENAI_BASE_URL: 'http://localhost:11434/v1', DEFAULT_MODEL: 'llama3.2' }
  expect(settingsFor(ollama).read.models.get('llama3.2')).toMatchObject({ outputMicrosPerMTok: 0 })
  expect(tableFor(ollama)).toContain('llama3.2 at localhost:11434, priced at 0 because it is your own machine')
  const elsewhere = { ...ollama, OPENAI_BASE_URL: 'https://localhost.example.org/v1' }
  expect(() => settingsFor(elsewhere)).toThrow('llama3.2 at localhost.example.org has no known price')
  expect(() => settingsFor({ OPENAI_BASE_URL: ollama.OPENAI_BASE_URL })).toThrow('DEFAULT_MODEL=')
})

test('real services are used, named in the table, and their passwords are not', () => {
  const given = {
    NEON_DATABASE_URL: 'postgresql://me:hush@ep-1.neon.tech/app',
    UPSTASH_REDIS_REST_URL: 'https://one.upstash.io',
    UPSTASH_REDIS_REST_TOKEN: 'hush',
    COGNITO_ISSUER: 'https://cognito-idp.eu-west-2.amazonaws.com/eu-west-2_abc',
    COGNITO_CLIENT_ID: 'client',
    OPENAI_API_KEY: 'sk-hush',
  }
  const { worker, needsPlatform } = settingsFor(given)
  expect(worker).toMatchObject(given)
  expect(worker.NEON_FETCH_ENDPOINT ?? worker.COGNITO_ENDPOINT).toBeUndefined()
  expect(needsPlatform).toBe(false)
  const table = tableFor(given)
  expect(table).toMatch(/ep-1\.neon\.tech[^]*one\.upstash\.io[^]*eu-west-2_abc/)
  expect(table).not.toMatch(/hush|Demo account/)
  expect(tableFor({ LOCAL_POSTGRES_URL: 'postgres://me:hush@db:5432/x' })).toMatch(/Postgres at db:5432\n/)
})

test('half of a pair, and a Redis address in place of a REST one, are told', () => {
  expect(() => settingsFor({ COGNITO_ISSUER: 'https://x.example/pool' })).toThrow('COGNITO_CLIENT_ID is not')
  const wrong = { UPSTASH_REDIS_REST_URL: 'rediss://one.upstash.io:6379', UPSTASH_REDIS_REST_TOKEN: 'x' }
  expect(() => settingsFor(wrong)).toThrow('UPSTASH_REDIS_REST_URL: is a Redis URL')
})

test('wrangler reads the same values back, from a file for its owner alone', () => {
  const path = join(folder, 'dev-vars')
  const { worker } = settingsFor({ HEALTH_KEY: 'it\'s "$HOME" #\\n of mine' })
  writeDevVars(worker, path)
  writeDevVars(worker, path)
  expect(parseEnv(readFileSync(path, 'utf8'))).toEqual(worker)
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('variables that a person wrote for wrangler are never overwritten', () => {
  const path = file('OPENAI_API_KEY=mine\n')
  expect(() => writeDevVars({}, path)).toThrow('move its lines to .env')
  expect(readFileSync(path, 'utf8')).toBe('OPENAI_API_KEY=mine\n')
})
