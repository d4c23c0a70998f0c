import type { Model, ModelList, UsageReport } from '@macro-ai/shared'
import type { Deps } from '../deps.ts'
import { systemTokens } from '../chat/prompt.ts'
import { passageTokens } from '../knowledge/passages.ts'
import { mostTitleTokens } from '../chat/title.ts'
import { offerOn } from './ladder.ts'
import { periodsOf, resetOf } from './period.ts'
import { forTitle, overhead, window, worstInputMicrosPerMTok, worstMicros, worstOutputMicros } from './price.ts'

/** What a person spent, what is held for running answers, and when each cap starts anew. */
export const usage = async (
  { store, caps, now, ladder }: Pick<Deps, 'store' | 'caps' | 'now' | 'ladder'>,
  user: { id: string },
): Promise<UsageReport> => {
  const at = new Date(now())
  const { day, month } = periodsOf(at)
  const spent = await store.spent(user.id, day, month)
  const instanceMonthMicros = spent.instanceCap ?? caps.instanceMonth
  ladder.learn(month, { usedMicros: spent.instanceUsed, capMicros: instanceMonthMicros, degrade: spent.degrade })
  const dayMicros = spent.dayCap ?? caps.userDay
  const monthMicros = spent.monthCap ?? caps.userMonth
  return {
    today: {
      spentMicros: spent.day.spent,
      reservedMicros: spent.day.reserved,
      capMicros: dayMicros,
      resetsAt: resetOf('user-day', at) ?? '',
    },
    month: {
      spentMicros: spent.month.spent,
      reservedMicros: spent.month.reserved,
      capMicros: monthMicros,
      resetsAt: resetOf('user-month', at) ?? '',
    },
    caps: {
      turnMicros: caps.turn,
      dayMicros,
      monthMicros,
      instanceMonthMicros,
    },
    byDay: spent.byDay,
    byModel: spent.byModel,
    ladder: ladder.at(now()),
  }
}

type ListNeeds = Pick<Deps, 'models' | 'defaultModel' | 'freeModel' | 'ladder' | 'now'>

/** The models a person may choose, the default one first. */
export const listModels = ({ models, defaultModel, freeModel, ladder, now }: ListNeeds): ModelList => {
  const { step, reason } = ladder.at(now())
  const chatModels = [...models.values()].filter(({ kind }) => kind === 'chat')
  const offered = offerOn(step, chatModels, freeModel === undefined ? undefined : models.get(freeModel)).models
  const standing = (model: Model) =>
    reason === null ? { available: true } : { available: step !== 'read-only' && offered.includes(model), reason }
  return chatModels
    .sort((a, b) => Number(b.id === defaultModel) - Number(a.id === defaultModel))
    .map((model) => ({
      id: model.id,
      label: model.label,
      priceInMicrosPerMTok: model.inputMicrosPerMTok,
      priceOutMicrosPerMTok: model.outputMicrosPerMTok,
      contextTokens: model.contextTokens,
      maxOutputTokens: model.maxOutputTokens,
      worst: {
        passageTokens,
        baseTokens: overhead.baseTokens + systemTokens,
        tokensPerMessage: overhead.tokensPerMessage,
        maxContextBytes: window.maxBytes,
        maxContextMessages: window.maxMessages,
        inMicrosPerMTok: worstInputMicrosPerMTok(model),
        outMicros: worstOutputMicros(model),
        titleMicros: worstMicros(forTitle(model), mostTitleTokens),
      },
      ...standing(model),
    }))
}
