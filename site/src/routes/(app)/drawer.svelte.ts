/** Whether the sidebar lies open over the page; only narrow screens have it closed. */
export const drawer = $state({ open: false })
