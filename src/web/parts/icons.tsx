import type { JSX } from 'react';

/** Line icons on a 16 px grid, drawn for this application. */
const PATHS = {
  pencil: 'M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4L3 13zM9.6 4.2l2.2 2.2',
  clock: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 5v3.2l2 1.4',
  rocket: 'M8 10V2.8M5 5.6l3-3 3 3M3 13.2h10',
  running: 'M8 2.5a5.5 5.5 0 11-5.5 5.5M6.7 5.8v4.4L10.3 8z',
  hand: 'M5.5 8V4a1 1 0 012 0v3-4.2a1 1 0 012 0V7 4a1 1 0 012 0v5.5c0 2.5-1.5 4-3.7 4-1.8 0-2.6-.8-3.4-2.2L3 8.8c-.4-.9.7-1.5 1.3-.8L5.5 9.5',
  check: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM5.5 8.2l1.8 1.8 3.3-3.7',
  stop: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM6.2 6.2h3.6v3.6H6.2z',
  alert: 'M8 2.6l6 10.6H2zM8 6.5v3.2M8 11.3v.2',
  home: 'M2.5 7.5L8 2.8l5.5 4.7M4 6.5v6.7h8V6.5',
  folder: 'M2 4.2h4.2l1.3 1.5H14v7H2z',
  users:
    'M6 3.2a2.2 2.2 0 110 4.4 2.2 2.2 0 010-4.4zM2 13c0-2.2 1.8-3.6 4-3.6s4 1.4 4 3.6M10.5 3.6a2 2 0 010 3.7M12 9.7c1.3.5 2 1.7 2 3.3',
  server: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.2M5 11h.2',
  search: 'M7 2.8a4.2 4.2 0 110 8.4 4.2 4.2 0 010-8.4zM10.2 10.2l3.3 3.3',
  plus: 'M8 3v10M3 8h10',
  cross: 'M4 4l8 8M12 4l-8 8',
  sun: 'M8 5.3a2.7 2.7 0 110 5.4 2.7 2.7 0 010-5.4zM8 1.8v1.4M8 12.8v1.4M1.8 8h1.4M12.8 8h1.4M3.6 3.6l1 1M11.4 11.4l1 1M12.4 3.6l-1 1M4.6 11.4l-1 1',
  moon: 'M13 9.6A5.5 5.5 0 116.4 3a4.5 4.5 0 006.6 6.6z',
  system: 'M2 3h12v8H2zM6 13.5h4M8 11v2.5',
  cards: 'M2.5 3h4.7v4.3H2.5zM8.8 3h4.7v4.3H8.8zM2.5 8.8h4.7v4.3H2.5zM8.8 8.8h4.7v4.3H8.8z',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.6h11M6 3v10',
  tree: 'M6 2.5h4v3H6zM2.5 10.5h4v3h-4zM9.5 10.5h4v3h-4zM8 5.5v2.5M4.5 10.5V8h7v2.5',
  dots: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  chevron: 'M6 4l4 4-4 4',
  down: 'M4 6l4 4 4-4',
  up: 'M4 10l4-4 4 4',
  reset: 'M3 4v3.2h3.2M3.3 7A5 5 0 113 9.5',
  download: 'M8 2.5v7M5 7l3 3 3-3M2.8 13.2h10.4',
  expand: 'M9.5 2.8h3.7v3.7M6.5 13.2H2.8V9.5M13 3L9.3 6.7M3 13l3.7-3.7',
  cube: 'M8 2l5.3 3v6L8 14l-5.3-3V5zM2.7 5L8 8l5.3-3M8 8v6',
  link: 'M6.5 9.5l3-3M7 5l1.7-1.7a2.3 2.3 0 013.3 0 2.3 2.3 0 010 3.3L10.5 8M9 11l-1.7 1.7a2.3 2.3 0 01-3.3 0 2.3 2.3 0 010-3.3L5.5 8',
  copy: 'M5.5 5.5h7.7v7.7H5.5zM10.5 5.5V2.8H2.8v7.7h2.7',
  trash: 'M3 4.5h10M6 4.5V2.8h4v1.7M4.3 4.5l.6 8.7h6.2l.6-8.7',
  lock: 'M4 7.2h8v6H4zM5.7 7.2V5a2.3 2.3 0 014.6 0v2.2',
  key: 'M5.5 6.3a2.7 2.7 0 110 5.4 2.7 2.7 0 010-5.4zM7.5 7.2L13 3M10.8 4.7l1.5 1.8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2l7.5 4.8L5 12.8z',
  info: 'M8 2.5a5.5 5.5 0 110 11 5.5 5.5 0 010-11zM8 7.5v3.3M8 5.2v.2',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7h.1M6.5 7h.1M9 7h.1M11.5 7h.1M5 9.5h6',
  exit: 'M6.5 2.8H3v10.4h3.5M7 8h6.5M11 5.5L13.5 8 11 10.5',
  arrow: 'M3 8h10M9.5 4.5L13 8l-3.5 3.5',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  filter: 'M2.5 3.5h11L9.5 8.5v4l-3 1.2V8.5z',
  image: 'M2.5 3h11v10h-11zM2.5 11l3-3.5 2.5 2.5 2-1.8 3.5 3.3M10.5 5.7h.1',
  chart: 'M2.5 2.5v11h11M4.5 10.5l2.5-3.5 2.5 1.8 3.5-4.8',
  camera: 'M2 5h3l1-1.7h4L11 5h3v8H2zM8 6.7a2.1 2.1 0 110 4.2 2.1 2.1 0 010-4.2z',
  slices: 'M2.5 5.5L8 3l5.5 2.5L8 8zM2.5 8L8 10.5 13.5 8M2.5 10.5L8 13l5.5-2.5',
} as const;

export type IconName = keyof typeof PATHS;

/** @param size side, px */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'dots' ? 2 : 1.35}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none', display: 'block' }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
