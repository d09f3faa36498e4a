import { Callable, Loop, Namespace, numeric, Range, Tuple, Undefined, type Value } from './values.ts';

/** `str(value)`. */
export function str(value: Value): string {
  return typeof value === 'string' ? value : repr(value, str);
}

/** `repr(value)`. @param top how the value itself is written: an undefined one prints as nothing */
export function repr(value: Value, top?: unknown): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return floatText(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map((v) => repr(v)).join(', ')}]`;
  if (value instanceof Map) return `{${[...value].map(([k, v]) => `${repr(k)}: ${repr(v)}`).join(', ')}}`;
  if (value instanceof Tuple) {
    const [only, ...more] = value.items;
    if (only !== undefined && more.length === 0) return `(${repr(only)},)`;
    return `(${value.items.map((v) => repr(v)).join(', ')})`;
  }
  if (value instanceof Range) {
    const step = value.step === 1n ? '' : `, ${value.step}`;
    return `range(${value.start}, ${value.stop}${step})`;
  }
  if (value instanceof Undefined) return top === undefined ? 'Undefined' : '';
  if (value instanceof Namespace) return `<Namespace ${repr(new Map(value.values))}>`;
  return value instanceof Loop ? '<LoopContext>' : `<${value instanceof Callable ? value.name : 'object'}>`;
}

/** A float with the fewest digits that read back as the same, always recognisable as a float. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return pythonExponent(value.toExponential());
  const text = String(value).includes('e') ? value.toFixed(10).replace(/0+$/, '') : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** `1e-5` as `1e-05`: at least two digits. */
export function pythonExponent(text: string): string {
  return text.replace(
    /e([+-]?)(\d+)$/,
    (_, sign: string, digits: string) => `e${sign || '+'}${digits.padStart(2, '0')}`,
  );
}

function quoted(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
    if (char === mark) body += `\\${char}`;
    else if (named[char] !== undefined) body += named[char];
    else if (code < 32 || code === 127) body += `\\x${code.toString(16).padStart(2, '0')}`;
    else body += char;
  }
  return `${mark}${body}${mark}`;
}

/** `a == b` of Python: numbers by value, containers by their content. */
export function equal(a: Value, b: Value): boolean {
  const x = numeric(a);
  const y = numeric(b);
  // a bigint and a number are compared by their mathematical values
  // oxlint-disable-next-line eqeqeq
  if (x !== null && y !== null) return x == y;
  if (Array.isArray(a) && Array.isArray(b)) return sameItems(a, b);
  if (a instanceof Tuple && b instanceof Tuple) return sameItems(a.items, b.items);
  if (a instanceof Range && b instanceof Range) return a.start === b.start && a.stop === b.stop && a.step === b.step;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && equal(value, b.get(key) ?? null));
  }
  if (a instanceof Undefined && b instanceof Undefined) return true;
  return a === b;
}

function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, i) => equal(value, b[i] ?? null));
}
