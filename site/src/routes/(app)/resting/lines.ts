import type { Gate, Ladder, Reduction, Running } from '@macro-ai/shared'
import { moment, share } from '$lib/chat/more-format'
import { region } from '$lib/i18n/language'
import * as m from '$messages'

const gates: Record<Gate, () => string> = {
  turns: m.restTurns,
  'sign-up': m.restSignUp,
  files: m.restFiles,
  documents: m.restDocuments,
  api: m.restApi,
  cache: m.restCache,
}
const steps: Record<Exclude<Ladder['step'], 'none'>, () => string> = {
  cheaper: m.ladderCheaper,
  shorter: m.ladderShorter,
  plain: m.ladderPlain,
  free: m.ladderFree,
  'read-only': m.ladderReadOnly,
}

/** One thing that is less than usual: what, why, and until when. */
export type Line = { what: string; why: string; until: string }

const capital = (text: string) => text.charAt(0).toLocaleUpperCase(region()) + text.slice(1)
const nameOf = (reductions: Reduction[]) =>
  capital(new Intl.ListFormat(region()).format(reductions.map(({ gate }) => gates[gate]())))
/** Whoever reads "100 %" of something that goes on would not believe it. */
const percent = (part: number) => share(Math.min(1, Math.floor(part * 100) / 100))

/** Writes when something ends. */
type When = (iso: string) => string

const ladderLine = ({ step, share: part, resetsAt }: Ladder, when: When): Line[] =>
  step === 'none'
    ? []
    : [
        {
          what: steps[step](),
          why: m.restBudget({ share: percent(part ?? 1) }),
          until: resetsAt ? m.restUntil({ when: when(resetsAt) }) : '',
        },
      ]

/** What rests, those things first that most people notice, and together what the same limit keeps waiting. */
export const restLines = (reductions: Reduction[], when: When = moment): Line[] =>
  [...new Set(reductions.map(({ resource }) => resource))].flatMap((wanted) => {
    const together = inOrder(reductions).filter(({ resource }) => resource === wanted)
    return together.slice(0, 1).map(({ share: part, service, period, resetsAt }) => ({
      what: nameOf(together),
      why: m.restReason({ share: percent(part), period, service }),
      until: resetsAt === null ? m.restUntilRoom() : m.restUntil({ when: when(resetsAt) }),
    }))
  })

export const linesOf = ({ ladder, reductions }: Running, when: When = moment): Line[] => [
  ...ladderLine(ladder, when),
  ...restLines(reductions, when),
]

const order = Object.keys(gates)
const inOrder = (reductions: Reduction[]) =>
  reductions.toSorted((a, b) => order.indexOf(a.gate) - order.indexOf(b.gate))

/** All of it in one sentence; none where nobody here would notice: keys of other programs have a page of their own. */
export const headOf = ({ ladder, reductions }: Running): string => {
  const isFelt = reductions.some(({ gate }) => gate !== 'cache' && gate !== 'api')
  const felt = isFelt ? inOrder(reductions).filter(({ gate }) => gate !== 'cache') : []
  if (felt.length === 0) return ladderLine(ladder, moment).map(({ what, until }) => `${what} ${until}`)[0] ?? ''
  const what = nameOf(felt)
  // The soonest that any of it goes on would promise too much.
  const last = felt.map(({ resetsAt }) => resetsAt ?? '').sort((a, b) => (b || '9').localeCompare(a || '9'))[0]
  return last ? m.restHead({ what, when: moment(last) }) : m.restHeadRoom({ what })
}
