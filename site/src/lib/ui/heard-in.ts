/** Takes the place of announcements into a dialog as long as that is open: what is outside of it is not listened to then. */
export const heardIn = (dialog: HTMLElement) => {
  const place = document.querySelector('[aria-live=polite]')
  const home = place?.parentElement
  if (!place || !home) return
  dialog.append(place)
  return () => (home.isConnected ? home : document.body).append(place)
}
