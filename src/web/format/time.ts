const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** Time as people say it: "just now", "12 s ago", "4 min ago", "3 h ago", "2 d ago", then the date. @param now_ms Unix time */
export function relativeTime(iso: string, now_ms: number): string {
  const age_s = Math.floor((now_ms - Date.parse(iso)) / 1000);
  if (Number.isNaN(age_s)) return '–';
  if (age_s < 5) return 'just now';
  if (age_s < MINUTE_S) return `${age_s} s ago`;
  if (age_s < HOUR_S) return `${Math.floor(age_s / MINUTE_S)} min ago`;
  if (age_s < DAY_S) return `${Math.floor(age_s / HOUR_S)} h ago`;
  if (age_s < 14 * DAY_S) return `${Math.floor(age_s / DAY_S)} d ago`;
  return absoluteTime(iso).slice(0, 10);
}

/** Local time as `2026-11-23 14:05:33`: the same in every country. */
export function absoluteTime(iso: string): string {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return '–';
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())} ${clockTime(iso)}`;
}

/** Local time of day, `14:05:33`. */
export function clockTime(iso: string): string {
  const t = new Date(iso);
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}

/** A length of time: "0.4 s", "42 s", "3 min 12 s", "2 h 05 min", "1 d 4 h". */
export function duration(length_ms: number): string {
  if (length_ms < 0 || !Number.isFinite(length_ms)) return '–';
  if (length_ms < 9950) return `${(length_ms / 1000).toFixed(1)} s`;
  const s = Math.round(length_ms / 1000);
  if (s < MINUTE_S) return `${s} s`;
  if (s < HOUR_S) return `${Math.floor(s / MINUTE_S)} min ${two(s % MINUTE_S)} s`;
  if (s < DAY_S) return `${Math.floor(s / HOUR_S)} h ${two(Math.floor((s % HOUR_S) / MINUTE_S))} min`;
  return `${Math.floor(s / DAY_S)} d ${Math.floor((s % DAY_S) / HOUR_S)} h`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
