/** Light, dark, or none: what the system says. app.html reads the choice before the first paint. */
export type Theme = 'light' | 'dark' | ''

export const chosenTheme = (): Theme => (document.documentElement.dataset.theme as Theme | undefined) ?? ''

export const chooseTheme = (theme: Theme) => {
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
  try {
    if (theme) localStorage.setItem('theme', theme)
    else localStorage.removeItem('theme')
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
