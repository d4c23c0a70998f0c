/** The site's tokens that a diagram is drawn in. */
export const tokens = [
  'ink',
  'ink-3',
  'line',
  'line-strong',
  'paper',
  'paper-low',
  'accent',
  'accent-soft',
  'warn-soft',
  'danger-soft',
  'bubble',
  'hover',
] as const

/** What each of them is in the reader's theme. */
export type Colours = Record<(typeof tokens)[number], string>

/** Them as Mermaid's theme. */
export const themeOf = (colours: Colours, dark: boolean) => {
  const { ink, paper, line, 'line-strong': border, accent } = colours
  const areas = [
    colours['accent-soft'],
    colours['warn-soft'],
    colours['danger-soft'],
    colours.hover,
    colours.bubble,
    line,
  ]
  const numbered = (name: string, from: number) =>
    Object.fromEntries(Array.from({ length: 12 }, (_, at) => [`${name}${at + from}`, areas[at % areas.length]]))
  return {
    ...numbered('pie', 1),
    ...numbered('cScale', 0),
    darkMode: dark,
    useGradient: false,
    dropShadow: 'none',
    fontSize: '15px',
    background: paper,
    primaryColor: colours['accent-soft'],
    primaryTextColor: ink,
    primaryBorderColor: accent,
    secondaryColor: colours['warn-soft'],
    secondaryTextColor: ink,
    tertiaryColor: colours['paper-low'],
    tertiaryTextColor: ink,
    lineColor: colours['ink-3'],
    textColor: ink,
    titleColor: ink,
    noteBkgColor: colours['warn-soft'],
    noteTextColor: ink,
    noteBorderColor: border,
    edgeLabelBackground: paper,
    clusterBkg: colours['paper-low'],
    clusterBorder: border,
    pieOpacity: 1,
    pieStrokeColor: border,
    pieOuterStrokeColor: border,
    pieTitleTextColor: ink,
    pieSectionTextColor: ink,
    pieLegendTextColor: ink,
    gridColor: line,
    sectionBkgColor: colours['paper-low'],
    altSectionBkgColor: paper,
    taskTextColor: ink,
    taskTextOutsideColor: ink,
    taskTextDarkColor: ink,
  }
}
