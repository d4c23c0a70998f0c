import { readSettings, SettingsError, type Settings } from '../../../src/settings.ts'
import { finding, type Finding } from './finding.ts'

const dollars = (micros: number) => `$${(micros / 1e6).toFixed(2)}`
/** More than this a month is no hobby, and more likely a slip of the keyboard. */
const highCapMicros = 50_000_000
const oldPriceMs = 180 * 86_400_000

export const readable = (variables: object): { settings: Settings } | { finding: Finding } => {
  try {
    return { settings: readSettings(variables) }
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return { finding: finding('settings', 'danger', error.message) }
  }
}

/** What the settings alone tell. `isLocal`: this machine, where strangers do not come by. */
export const settingsFindings = (settings: Settings, isLocal: boolean, now: number): Finding[] => [
  finding('settings', 'ok', 'complete'),
  ...caps(settings),
  ...people(settings, isLocal),
  ...origins(settings, isLocal),
  ...prices(settings, now),
  settings.SITE_SECRET
    ? finding('secrets', 'ok', 'SITE_SECRET is set')
    : finding('secrets', 'danger', 'SITE_SECRET is not set: all visitors share one address for the limits of sign-in'),
  settings.ALERT_WEBHOOK_URL || settings.ALERT_EMAIL_TO
    ? finding('alerts', 'ok', 'somebody is told')
    : finding('alerts', 'look', 'nobody is told when a limit comes near: set ALERT_WEBHOOK_URL or ALERT_EMAIL_TO'),
]

const caps = (settings: Settings): Finding[] => {
  const { TURN_CAP_MICROS: turn, USER_DAY_CAP_MICROS: day, INSTANCE_MONTH_CAP_MICROS: month } = settings
  return [
    month > highCapMicros
      ? finding('monthly cap', 'danger', `${dollars(month)}: is INSTANCE_MONTH_CAP_MICROS a million too high?`)
      : finding('monthly cap', 'ok', `${dollars(month)}, the worst the model can cost in a month`),
    turn > day || turn > month
      ? finding('caps', 'danger', `one turn may cost ${dollars(turn)}, more than a day or a month may`)
      : finding('caps', 'ok', `a turn ${dollars(turn)}, a day of one person ${dollars(day)}`),
  ]
}

const people = ({ JOIN, MAX_USERS }: Settings, isLocal: boolean): Finding[] => [
  JOIN === 'open' && !isLocal
    ? finding('who may join', 'danger', 'JOIN=open: any stranger may spend up to a person’s caps')
    : finding('who may join', 'ok', `${JOIN}, ${MAX_USERS} people at most (Cognito bills from 10,000)`),
]

const origins = ({ ALLOWED_ORIGINS: list }: Settings, isLocal: boolean): Finding[] => {
  const plain = list.filter((origin) => origin.startsWith('http:'))
  return [
    plain.length > 0 && !isLocal
      ? finding('origins', 'danger', `${plain.join(', ')}: a page without TLS may call the API in a person’s name`)
      : finding('origins', 'ok', list.join(', ')),
  ]
}

const prices = ({ models, DEFAULT_MODEL }: Settings, now: number): Finding[] =>
  [...models.values()]
    .filter(({ id }) => id === DEFAULT_MODEL)
    .map(({ id, inputMicrosPerMTok, outputMicrosPerMTok, source, asOf }) => {
      const price = `${id}: ${dollars(inputMicrosPerMTok)} in, ${dollars(outputMicrosPerMTok)} out a million tokens (${source}, ${asOf})`
      const isOld = now - Date.parse(asOf) > oldPriceMs
      return finding('price', isOld || source.includes('second-hand') ? 'look' : 'ok', price)
    })
