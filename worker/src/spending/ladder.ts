import type { Ladder, LadderStep, Model } from '@macro-ai/shared'
import { periodsOf, resetOf } from './period.ts'
import { window, worstMicros } from './price.ts'

/** What the instance has spent and reserved of its month, as a statement that ran anyway tells. */
export type MonthSoFar = { usedMicros: number; capMicros: number; degrade: boolean }

const rungs: { from: number; step: LadderStep; does: string }[] = [
  { from: 1, step: 'read-only', does: 'Answers stop until then; reading goes on.' },
  { from: 0.9, step: 'plain', does: 'The cheapest model answers, from a shorter context, without titles.' },
  { from: 0.8, step: 'shorter', does: 'The cheapest model answers, from a shorter context.' },
  { from: 0.7, step: 'cheaper', does: 'The cheapest model answers.' },
]

const top: Ladder = { step: 'none', reason: null, share: null, resetsAt: null }

export const shareOf = ({ usedMicros, capMicros }: MonthSoFar): number => (capMicros > 0 ? usedMicros / capMicros : 1)

/** The step that a month's spending asks for, and why. With a free model, that one answers where all would stop. */
export const ladderOf = (month: MonthSoFar, hasFree: boolean, now: number): Ladder => {
  if (!month.degrade) return top
  const share = shareOf(month)
  const rung = rungs.find(({ from }) => share >= from)
  if (!rung) return top
  const isFree = rung.step === 'read-only' && hasFree
  const does = isFree ? 'The free model answers until then.' : rung.does
  const percent = Math.min(100, Math.floor(share * 100))
  return {
    step: isFree ? 'free' : rung.step,
    reason: `${percent} % of this month’s budget is used. It starts anew next month. ${does}`,
    share,
    resetsAt: resetOf('instance-month', new Date(now)),
  }
}

/** The thresholds at which an owner wants to know, and those of a step, which the meter is to know of. */
const warnings = [0.5, 0.7, 0.8, 0.9, 1]

type Options = { hasFree: boolean; warn: () => void }

/** The step in force, as far as this isolate has heard: values of the last turn, good for their month. */
export const openLadder = ({ hasFree, warn }: Options) => {
  let known: { month: string; so: MonthSoFar } | undefined
  return {
    /** `noted` is what to go by where nothing was heard. */
    at: (now: number, noted?: MonthSoFar): Ladder => {
      const so = known?.month === periodsOf(new Date(now)).month ? known.so : noted
      return so ? ladderOf(so, hasFree, now) : top
    },
    mayDegrade: (): boolean => known?.so.degrade ?? true,
    /** What a statement told last, for who made none. */
    heard: (now: number): MonthSoFar | undefined =>
      known?.month === periodsOf(new Date(now)).month ? known.so : undefined,
    /** Takes in what somebody else was told, and has warned of. */
    hear: (now: number, so: MonthSoFar): void => {
      known = { month: periodsOf(new Date(now)).month, so }
    },
    /** Takes in what a statement told. Warns the owner the first time that a threshold is passed. */
    learn: (month: string, so: MonthSoFar): void => {
      const before = known?.month === month ? shareOf(known.so) : 0
      known = { month, so }
      if (warnings.some((threshold) => before < threshold && shareOf(so) >= threshold)) warn()
    },
  }
}
export type OpenLadder = ReturnType<typeof openLadder>

const shortWindow = { maxBytes: window.maxBytes / 4, maxMessages: window.maxMessages / 4 }
/** A prompt by which to tell which of two models is cheaper. */
const typicalTokens = 2_000

const cheapest = (models: Model[]): Model[] =>
  models
    .filter(({ inputMicrosPerMTok, outputMicrosPerMTok }) => inputMicrosPerMTok + outputMicrosPerMTok > 0)
    .sort((a, b) => worstMicros(a, typicalTokens) - worstMicros(b, typicalTokens))
    .slice(0, 1)

/** What a turn may use on a step: which models, how much context, and whether it may have a title. */
export const offerOn = (step: LadderStep, models: Model[], free: Model | undefined) => {
  if (step === 'none') return { models, window, titles: true }
  const fewer = step === 'free' && free ? [free] : cheapest(models)
  return {
    models: fewer.length > 0 ? fewer : models,
    window: step === 'cheaper' ? window : shortWindow,
    titles: step === 'cheaper' || step === 'shorter',
  }
}
