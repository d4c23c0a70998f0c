import type { ProblemBody } from '@macro-ai/shared'
import { fail, type RequestEvent } from '@sveltejs/kit'
import { fieldErrors, formSentence, type FormName } from '$lib/form-problems'

/** What a form gets back when it stays on its page: what was entered, save secrets, and what was wrong with it. */
export type FormTrouble = {
  values: Record<string, string>
  errors: Record<string, string>
  message: string
  /** A new code is on its way. */
  sent?: boolean
}

const secrets = ['password', 'code']

/** A posted form's text fields. */
export const fieldsOf = async ({ request }: Pick<RequestEvent, 'request'>): Promise<Record<string, string>> => {
  const fields: Record<string, string> = {}
  for (const [name, value] of await request.formData()) if (typeof value === 'string') fields[name] = value
  return fields
}

/** A failed action from the API's problem: its field errors beside their fields, its code as a sentence. */
export const formFailure = (form: FormName, fields: Record<string, string>, problem: ProblemBody) =>
  fail<FormTrouble>(problem.status, {
    values: Object.fromEntries(Object.entries(fields).filter(([name]) => !secrets.includes(name))),
    errors: fieldErrors(problem.errors),
    message: formSentence(form, problem.code),
  })

/** A path of this site to go on to: nothing that a browser could read as another site's address. */
export const ownPath = (path: string | null | undefined): string =>
  path && /^\/(?![/\\])[\w/.~-]*$/.test(path) ? path : '/chat'
