import type { Limit, Stage } from '@macro-ai/shared'
import { count } from '$lib/chat/format'
import { share, size } from '$lib/chat/more-format'
import * as m from '$messages'

/** What the API names, as texts can be chosen by it. */
export const keyOf = (name: string): string => name.replace(/\W/g, '_')

export const metricOf = ({ id, metric }: Pick<Limit, 'id' | 'metric'>): string =>
  m.limitMetric({ id: keyOf(id), metric })

export const serviceOf = ({ id, service }: Pick<Limit, 'id' | 'service'>): string =>
  m.limitService({ key: id.replace(/\..*/, ''), service })

/** What a call was made for. */
export const purposeOf = (name: string): string => m.purposeNamed({ purpose: keyOf(name), name })

/** Whether its owner said how far it goes: then it is no free tier's. */
export const isOwn = ({ source }: Pick<Limit, 'source'>): boolean => source.startsWith('LIMITS')

type Reason = Stage['reasons'][number]

const figure = (sign: Reason['sign'], value: number): string => {
  if (sign.endsWith('Bytes')) return size(value)
  return sign === 'users' || sign === 'requestsADay' || sign === 'coldStarts' ? count(Math.round(value)) : share(value)
}

/** Why an instance is at its stage. */
export const reasonsOf = ({ reasons, why }: Stage, limits: Limit[]): string[] =>
  reasons.map(({ sign, value, bound, limit: id }, at) => {
    const limit = limits.find((one) => one.id === id)
    return m.stageReason({
      sign,
      value: figure(sign, value),
      bound: figure(sign, bound),
      service: limit ? serviceOf(limit) : '',
      metric: limit ? metricOf(limit) : '',
      why: why[at] ?? '',
    })
  })

/** What to change at a stage. */
export const changesOf = ({ stage, change }: Stage): string[] =>
  change.map((change, at) => m.stageChangeTo({ key: `s${stage}_${at}`, change }))
