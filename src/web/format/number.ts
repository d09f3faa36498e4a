/** Narrow no-break space: groups digits without the comma or point that Germans and Americans read differently. */
const GROUP = '\u202f';

/** A whole number, grouped from five digits on: `9800`, `20 000`. */
export function count(n: number): string {
  const digits = String(Math.round(Math.abs(n)));
  const grouped = digits.length < 5 ? digits : digits.replaceAll(/\B(?=(\d{3})+$)/g, GROUP);
  return n < 0 ? `−${grouped}` : grouped;
}

/** A measured value with `digits` significant ones, plain where that is readable, else `1.2e−7`. */
export function value(x: number, digits = 4): string {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? '–' : x > 0 ? '∞' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (Number.isInteger(x) && size < 1e15) return count(x);
  if (size >= 1e6 || size < 1e-4)
    return x
      .toExponential(digits - 1)
      .replace('e+', 'e')
      .replaceAll('-', '−');
  const text = String(Number(x.toPrecision(digits)));
  return text.replace('-', '−');
}

/** Memory or file size in decimal units: `834 B`, `12.4 MB`, `1.31 GB`. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let size = n;
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit]}`;
}

/** English plural: `plural(1, 'job')` → "1 job", `plural(3, 'job')` → "3 jobs". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

const UNITS: Record<string, string> = {
  A: 'Å',
  A2: 'Å²',
  iA: '1/Å',
  px: 'px',
  rad: 'rad',
  deg: '°',
  kv: 'kV',
  mm: 'mm',
  ms: 'ms',
  s: 's',
  gb: 'GB',
  mb: 'MB',
};

/** Short keys of the field, spelled out. */
const WORDS: Record<string, string> = {
  psize: 'Pixel size',
  box: 'Box size',
  bfactor: 'B-factor',
  skipped: 'Skipped items',
};

/** Splits a key such as `resolution_A` into words and unit: `Resolution`, `Å`. */
export function labelOf(key: string): { label: string; unit: string } {
  const parts = key.split('_');
  const unit = parts.length > 1 ? UNITS[parts.at(-1) ?? ''] : undefined;
  const words = (unit === undefined ? parts : parts.slice(0, -1)).join(' ');
  const known = WORDS[words];
  if (known !== undefined) return { label: known, unit: unit ?? '' };
  const label = (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\b(fsc|snr|ctf)\b/i, (short) =>
    short.toUpperCase(),
  );
  return { label, unit: unit ?? '' };
}
