/**
 * What is typed into a form and not saved yet, so that no press beside it, no way elsewhere, reload or session's end
 * loses it. It lies with the drafts: who signs out leaves none behind.
 */
const keyOf = (form: string) => `draft:form ${form}`

/** For a browser without storage: it then lives as long as the page. */
const unstored = new Map<string, string>()

export const typedInto = (form: string): string[] => {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(keyOf(form)) ?? unstored.get(form) ?? '[]')
    return Array.isArray(kept) ? kept.map(String) : []
  } catch {
    return []
  }
}

export const keepTyped = (form: string, values: readonly string[]) => {
  const text = JSON.stringify(values)
  try {
    localStorage.setItem(keyOf(form), text)
  } catch {
    unstored.set(form, text)
  }
}

export const forgetTyped = (form: string) => {
  unstored.delete(form)
  try {
    localStorage.removeItem(keyOf(form))
  } catch {
    // No storage, nothing kept.
  }
}
