import type { Settings } from '../../../src/settings.ts'
import { finding, type Finding } from './finding.ts'
import { serviceFindings, workerFindings } from './services.ts'
import { readable, settingsFindings } from './settings.ts'

export type Patient = {
  /** The Worker's variables. */
  variables: { [name: string]: string | undefined }
  /** wrangler.toml as text: what is bound. */
  wrangler: string
  version: string
  now: number
}

/** eu-central-1 in `ep-x.eu-central-1.aws.neon.tech` and in `cognito-idp.eu-central-1.amazonaws.com`. */
const regionIn = (url: string) => /\b([a-z]{2}-[a-z]+-\d)\b/.exec(new URL(url).host)?.[1]

const regions = ({ NEON_DATABASE_URL, COGNITO_ISSUER }: Settings): Finding[] => {
  const [database, identity] = [regionIn(NEON_DATABASE_URL), regionIn(COGNITO_ISSUER)]
  if (!database) return []
  return [
    database === identity || !identity
      ? finding('regions', 'ok', database)
      : finding('regions', 'look', `the database is in ${database}, sign-in in ${identity}: near ones answer sooner`),
  ]
}

const outOfSight = (wrangler: string, isLocal: boolean, { USAGE_AWS_KEY_ID }: Settings): Finding[] => [
  /^\[\[r2_buckets\]\]/m.test(wrangler)
    ? finding('R2', 'look', 'on: past 10 GB it bills; the app’s own quota stays below')
    : finding('R2', 'ok', 'off: it cannot bill'),
  ...(isLocal
    ? []
    : [
        finding(
          'OpenAI',
          'look',
          'no API tells: see at platform.openai.com that auto-reload is off and a project limit is set',
        ),
        ...(USAGE_AWS_KEY_ID
          ? []
          : [
              finding(
                'AWS budget',
                'look',
                'not visible without USAGE_AWS_…: worker/infra makes one; see that its e-mail is confirmed',
              ),
            ]),
        finding('Upstash', 'look', 'not visible from here: no card on file, or it upgrades by itself'),
      ]),
]

/** Everything that can be told about a deployment without changing anything in it. */
export const examine = async ({ variables, wrangler, version, now }: Patient): Promise<Finding[]> => {
  const read = readable(variables)
  if ('finding' in read) return [read.finding]
  const { settings } = read
  const isLocal = /^(localhost|127\.)/.test(new URL(settings.COGNITO_ISSUER).hostname)
  return [
    ...settingsFindings(settings, isLocal, now),
    ...(await serviceFindings(settings)),
    ...(await workerFindings(settings.API_URL, version)),
    ...regions(settings),
    ...outOfSight(wrangler, isLocal, settings),
  ]
}

/** What a month can cost at worst, in micro-dollars: the model up to its cap. The services stop, they do not bill. */
export const worstMonthMicros = (variables: Patient['variables']): number | undefined => {
  const read = readable(variables)
  return 'settings' in read ? read.settings.INSTANCE_MONTH_CAP_MICROS : undefined
}
