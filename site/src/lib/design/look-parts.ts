import * as m from '$messages'
import './menu-icons'

/** What can be chosen of the look, and from what. Empty is what the system says. */
export const lookParts = () => {
  const system = { value: '', label: m.lookSystem() }
  return [
    {
      part: 'theme',
      legend: m.theme(),
      options: [
        { value: 'light', label: m.themeLight(), icon: 'sun' },
        { value: 'dark', label: m.themeDark(), icon: 'moon' },
        { ...system, icon: 'monitor' },
      ],
    },
    {
      part: 'text',
      legend: m.lookText(),
      options: [
        { value: 'small', label: m.lookSmall() },
        { value: '', label: m.lookNormal() },
        { value: 'large', label: m.lookLarge() },
        { value: 'larger', label: m.lookLarger() },
      ],
    },
    { part: 'motion', legend: m.lookMotion(), options: [system, { value: 'less', label: m.lookLess() }] },
    { part: 'contrast', legend: m.lookContrast(), options: [system, { value: 'more', label: m.lookMore() }] },
  ] as const
}
