import { TemplateError, typeError } from './errors.ts';
import { type Args, numeric, toIndex, toText, truth, Undefined, type Value } from './values.ts';

/** The arguments of a call, by the names of what it takes. */
export class Bound {
  private readonly values: ReadonlyMap<string, Value>;

  constructor(values: ReadonlyMap<string, Value>) {
    this.values = values;
  }

  get(name: string): Value | undefined {
    return this.values.get(name);
  }

  /** @throws TemplateError TypeError when it was not given */
  need(name: string): Value {
    const value = this.values.get(name);
    if (value === undefined) throw typeError(`missing 1 required positional argument: '${name}'`);
    return value;
  }

  text(name: string, fallback: string): string {
    const value = this.values.get(name);
    return value === undefined ? fallback : toText(value);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.values.get(name);
    return value === undefined ? fallback : truth(value);
  }

  index(name: string, fallback: number): number {
    const value = this.values.get(name);
    return value === undefined ? fallback : toIndex(value);
  }
}

/** Match arguments with names. @throws TemplateError TypeError for too many, unknown and doubled ones */
export function bind(what: string, names: readonly string[], { list, named }: Args): Bound {
  if (list.length > names.length) {
    throw typeError(`${what}() takes at most ${names.length} arguments (${list.length} given)`);
  }
  const values = new Map(list.map((value, i) => [names[i] ?? '', value]));
  for (const [name, value] of named) {
    if (!names.includes(name)) throw typeError(`${what}() got an unexpected keyword argument '${name}'`);
    if (values.has(name)) throw typeError(`${what}() got multiple values for argument '${name}'`);
    values.set(name, value);
  }
  return new Bound(values);
}

/** `int(value)`; of text in a base. @throws TemplateError ValueError */
export function toInt(value: Value, base = 10): bigint {
  if (value instanceof Undefined) return value.fail();
  const number = numeric(value);
  if (typeof number === 'bigint') return number;
  if (number !== null) {
    if (Number.isFinite(number)) return BigInt(Math.trunc(number));
    throw new TemplateError(Number.isNaN(number) ? 'ValueError' : 'OverflowError', 'cannot convert float to integer');
  }
  if (typeof value !== 'string') throw typeError('int() argument must be a string or a real number');
  const bad = (): never => {
    throw new TemplateError('ValueError', `invalid literal for int() with base ${base}: '${value}'`);
  };
  const [, sign = '', prefix = '', digits = ''] = /^([-+]?)(0[xXoObB])?_?(\w+)$/.exec(value.trim()) ?? [];
  const bases: Record<string, number> = { '0x': 16, '0o': 8, '0b': 2 };
  const own = bases[prefix.toLowerCase()];
  if (prefix !== '' && own !== base && base !== 0) return bad();
  const radix = base === 0 ? (own ?? 10) : base;
  if (!/^[\da-z]+(_[\da-z]+)*$/i.test(digits)) return bad();
  let total = 0n;
  for (const char of digits.replaceAll('_', '').toLowerCase()) {
    const digit = Number.parseInt(char, 36);
    if (!(digit < radix)) return bad();
    total = total * BigInt(radix) + BigInt(digit);
  }
  return sign === '-' ? -total : total;
}

/** `float(value)`. @throws TemplateError ValueError */
export function toFloat(value: Value): number {
  if (value instanceof Undefined) return value.fail();
  const number = numeric(value);
  if (number !== null) return Number(number);
  if (typeof value !== 'string') throw typeError('float() argument must be a string or a real number');
  const text = value.trim().toLowerCase();
  const [, sign, word] = /^([-+]?)(inf|infinity|nan)$/.exec(text) ?? [];
  if (word !== undefined) return word === 'nan' ? Number.NaN : sign === '-' ? -Infinity : Infinity;
  if (/^[-+]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[-+]?\d+)?$/.test(text))
    return Number(text.replaceAll('_', ''));
  throw new TemplateError('ValueError', `could not convert string to float: '${value}'`);
}
