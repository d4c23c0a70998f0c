import { forgetDrafts } from './drafts'
import { tellTabs } from './tabs'

/** Before signing out: this browser keeps nothing of the person, and its other tabs go too. */
export const forgetMe = () => {
  forgetDrafts()
  tellTabs({ type: 'left' })
}

/** Posts to the site's sign-out, which takes the session's cookies and goes to the page that says what is `done`. */
export const signOut = (done?: 'everywhere' | 'erased') => {
  const form = document.createElement('form')
  form.method = 'POST'
  form.action = done ? `/sign-out?done=${done}` : '/sign-out'
  document.body.append(form)
  form.submit()
}
