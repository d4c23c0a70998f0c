import { page } from '$app/state'
import { chooseModel } from '$lib/chat/changing'
import { person } from '$lib/chat/me.svelte'
import { models } from '$lib/chat/models.svelte'
import { currency } from '$lib/chat/money.svelte'
import type { Thread } from '$lib/chat/thread.svelte'
import { setLook } from '$lib/design/look'
import { lookParts } from '$lib/design/look-parts'
import { locales, names } from '$lib/i18n/locales.js'
import { documents } from '$lib/knowledge/use.svelte'
import * as m from '$messages'
import type { Command } from './command'

/** What is chosen once and then holds. */
export const choices = (): Command[] => [
  ...lookParts().flatMap(({ part, legend, options }) =>
    options.map((option): Command => ({
      id: `${part} ${option.value}`,
      group: legend,
      label: `${legend}: ${option.label}`,
      icon: 'icon' in option ? option.icon : 'settings',
      run: () => setLook(part, option.value),
    })),
  ),
  ...['', 'USD', ...(person.me?.rates ?? []).map((rate) => rate.currency)].map((code): Command => ({
    id: `currency ${code}`,
    group: m.currency(),
    label: `${m.currency()}: ${code || m.currencyHome()}`,
    icon: 'settings',
    run: () => currency.choose(code),
  })),
  ...locales.map((locale): Command => ({
    id: `language ${locale}`,
    group: m.language(),
    label: `${m.language()}: ${names[locale]}`,
    icon: 'settings',
    run: () => speak(locale),
  })),
]

/** What the next message is written with. */
export const forWriting = (thread: Thread): Command[] => {
  const attach = document.querySelector<HTMLInputElement>('form.composer input[type=file]')
  const group = m.composerLabel()
  return [
    ...models.list
      .filter(({ available }) => available)
      .map(({ id, label }): Command => ({
        id: `model ${id}`,
        group: m.model(),
        label: m.modelNamed({ name: label }),
        icon: 'spark',
        run: () => chooseModel(thread, id),
      })),
    ...(attach
      ? [{ id: 'attach', group, label: m.attachFiles(), icon: 'document' as const, run: () => attach.click() }]
      : []),
    ...(person.me?.knowledge ? [useDocuments(group)] : []),
  ]
}

const useDocuments = (group: string): Command => ({
  id: 'documents',
  group,
  label: documents.on ? m.documentsOff() : m.documentsHint(),
  icon: 'library',
  run: () => documents.toggle(),
})

/** A language is the whole page's: it comes anew in it. */
const speak = (locale: string) => {
  const form = document.createElement('form')
  form.method = 'POST'
  form.action = '/language'
  for (const [name, value] of Object.entries({ locale, back: page.url.pathname })) {
    const field = document.createElement('input')
    Object.assign(field, { type: 'hidden', name, value })
    form.append(field)
  }
  document.body.append(form)
  form.submit()
}
