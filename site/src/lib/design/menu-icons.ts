import { icons } from './icons'

/** Icons that only menus, choices and the palette show: who may show one imports this, and the chat need not load them. */
export const menuIcons = {
  right: 'M9.5 6.5 15 12l-5.5 5.5',
  chat: 'M5.5 5h13A1.5 1.5 0 0 1 20 6.5v8a1.5 1.5 0 0 1-1.5 1.5H12l-4 3.5V16H5.5A1.5 1.5 0 0 1 4 14.5v-8A1.5 1.5 0 0 1 5.5 5Z',
  keyboard:
    'M4.5 7h15a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1ZM7 10.5h.01M10.3 10.5h.01M13.7 10.5h.01M17 10.5h.01M8.5 14h7',
  monitor: 'M5 5h14a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM9 19.5h6M12 16v3.5',
  moon: 'M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z',
  sun: 'M12 8.2a3.8 3.8 0 1 0 0 7.6 3.8 3.8 0 0 0 0-7.6ZM12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4',
  pin: 'M8.8 4h6.4M9.8 4v5.8L6.8 13.5h10.4l-3-3.7V4M12 13.5V20',
  share:
    'M12 14.5V4.5M8.5 8 12 4.5 15.5 8M6.5 11.5H6A1.5 1.5 0 0 0 4.5 13v5A1.5 1.5 0 0 0 6 19.5h12a1.5 1.5 0 0 0 1.5-1.5v-5a1.5 1.5 0 0 0-1.5-1.5h-.5',
  download: 'M12 4.5v10M8.5 11 12 14.5 15.5 11M5 19h14',
  trash:
    'M5 7h14M9.5 7V5.2a.7.7 0 0 1 .7-.7h3.6a.7.7 0 0 1 .7.7V7M7 7l.8 11.1a1.5 1.5 0 0 0 1.5 1.4h5.4a1.5 1.5 0 0 0 1.5-1.4L17 7M10.5 11v4.5M13.5 11v4.5',
  document:
    'M7 4h6.5l4 4v10.5a1.5 1.5 0 0 1-1.5 1.5H7a1.5 1.5 0 0 1-1.5-1.5v-13A1.5 1.5 0 0 1 7 4ZM13 4v4.5h4.5M9 13h6M9 16.5h4',
} as const

Object.assign(icons, menuIcons)
