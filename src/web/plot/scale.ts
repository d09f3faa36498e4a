/** Maps values of an axis to pixels. */
export interface Scale {
  min: number;
  max: number;
  log: boolean;
  /** pixel of a value */
  at(value: number): number;
  /** value at a pixel */
  invert(pixel: number): number;
}

/**
 * @param min @param max values at the ends, min < max; both > 0 for a logarithmic scale
 * @param from @param to pixels at the ends (from > to for a y axis)
 */
export function makeScale(min: number, max: number, from: number, to: number, log: boolean): Scale {
  const f = log ? Math.log10 : (x: number): number => x;
  const g = log ? (x: number): number => 10 ** x : (x: number): number => x;
  const lo = f(min);
  const span = f(max) - lo;
  return {
    min,
    max,
    log,
    at: (value) => from + ((f(value) - lo) / span) * (to - from),
    invert: (pixel) => g(lo + ((pixel - from) / (to - from)) * span),
  };
}

/** Round positions on a linear axis, steps of 1, 2 or 5 × 10ⁿ, about `wanted` of them. */
export function linearTicks(min: number, max: number, wanted: number): number[] {
  const span = max - min;
  if (!(span > 0) || !Number.isFinite(span)) return [min];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  return multiples(min, max, power * ([1, 2, 5].find((m) => m * power >= rough * 0.999) ?? 10));
}

const DEGREE_STEPS = [5, 10, 15, 30, 45, 90, 180];

/** Positions on an axis of angles: multiples of parts of a circle, as people read angles; decimal ones when zoomed in far. */
export function degreeTicks(min: number, max: number, wanted: number): number[] {
  const rough = (max - min) / Math.max(1, wanted);
  const step = rough < 5 ? undefined : DEGREE_STEPS.find((s) => s >= rough * 0.999);
  return step === undefined ? linearTicks(min, max, wanted) : multiples(min, max, step);
}

function multiples(min: number, max: number, step: number): number[] {
  const ticks: number[] = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten on a logarithmic axis; with less than two of them also their 2 and 5 folds. */
export function logTicks(min: number, max: number): number[] {
  const ticks: number[] = [];
  const low = Math.floor(Math.log10(min));
  const high = Math.ceil(Math.log10(max));
  const every = Math.max(1, Math.ceil((high - low) / 8));
  const folds = high - low <= 2 ? [1, 2, 5] : [1];
  for (let e = low; e <= high; e += every) {
    for (const fold of folds) {
      const tick = fold * 10 ** e;
      if (tick >= min * 0.999 && tick <= max * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

const RESOLUTIONS_A = [
  200, 100, 50, 40, 30, 20, 15, 12, 10, 8, 7, 6, 5, 4.5, 4, 3.5, 3, 2.8, 2.6, 2.4, 2.2, 2, 1.8, 1.6, 1.5, 1.4, 1.3, 1.2,
  1.1, 1,
];

/**
 * Ticks of a spatial-frequency axis (1/Å) at round resolutions (Å), at least `gap` apart on the axis; the finest
 * resolutions come first, as they are the ones read off.
 */
export function reciprocalTicks(min: number, max: number, gap: number): { value: number; label: string }[] {
  const ticks: { value: number; label: string }[] = [];
  let last = Number.POSITIVE_INFINITY;
  for (const resolution_A of RESOLUTIONS_A.toReversed()) {
    const value = 1 / resolution_A;
    if (value < min || value > max || last - value < gap) continue;
    ticks.push({ value, label: String(resolution_A) });
    last = value;
  }
  return ticks.reverse();
}
