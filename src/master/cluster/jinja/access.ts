import { dictMethod, listMethod, sequenceMethod } from './container-methods.ts';
import { TemplateError, typeError } from './errors.ts';
import { repr, str } from './python-text.ts';
import { stringMethod } from './string-methods.ts';
import {
  type Args,
  Callable,
  dictKey,
  itemsOf,
  Loop,
  Namespace,
  numeric,
  Range,
  toIndex,
  Tuple,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

/** `of.name`: an attribute or method, else an item; undefined when there is neither. */
export function attribute(of: Value, name: string): Value {
  if (of instanceof Undefined) return of.fail();
  const method = methodOf(of, name);
  if (method) return new Callable(name, method);
  const value =
    of instanceof Map || of instanceof Namespace
      ? (of instanceof Map ? of : of.values).get(name)
      : of instanceof Loop
        ? of.attributes(name)
        : undefined;
  return value ?? new Undefined(`'${typeName(of)} object' has no attribute '${name}'`);
}

function methodOf(of: Value, name: string): ((args: Args) => Value) | undefined {
  if (typeof of === 'string') {
    return stringMethod(of, name, (value, key, isItem) => (isItem ? item(value, digits(key)) : attribute(value, key)));
  }
  if (Array.isArray(of)) return listMethod(of, name);
  if (of instanceof Tuple) return sequenceMethod(of.items, name);
  return of instanceof Map ? dictMethod(of, name) : undefined;
}

function digits(key: string): Value {
  return /^\d+$/.test(key) ? BigInt(key) : key;
}

/** `of[key]`: an item, else an attribute; undefined when there is neither. */
export function item(of: Value, key: Value): Value {
  if (of instanceof Undefined) return of.fail();
  if (key instanceof Undefined) return key.fail();
  if (of instanceof Map) {
    const value = of.get(dictKey(key));
    if (value !== undefined) return value;
  } else if (isSequence(of) && typeof numeric(key) === 'bigint') {
    const items = itemsOf(of);
    const index = toIndex(key);
    return (
      items[index < 0 ? index + items.length : index] ?? new Undefined(`${typeName(of)} object has no element ${index}`)
    );
  }
  if (typeof key === 'string') return attribute(of, key);
  return new Undefined(`${typeName(of)} object has no element ${repr(key)}`);
}

function isSequence(value: Value): boolean {
  return typeof value === 'string' || Array.isArray(value) || value instanceof Tuple || value instanceof Range;
}

/** `of[start:stop:step]`. */
export function slice(of: Value, bounds: readonly (Value | null)[]): Value {
  if (of instanceof Undefined) return of.fail();
  if (!isSequence(of)) return new Undefined(`${typeName(of)} object has no slices`);
  const items = itemsOf(of);
  const [start = null, stop = null, by = null] = bounds;
  const step = by === null ? 1 : toIndex(by);
  if (step === 0) throw new TemplateError('ValueError', 'slice step cannot be zero');
  const [low, high] = step > 0 ? [0, items.length] : [-1, items.length - 1];
  const bound = (value: Value, fallback: number): number => {
    if (value === null) return fallback;
    const index = toIndex(value);
    return Math.min(high, Math.max(low, index < 0 ? index + items.length : index));
  };
  const from = bound(start, step > 0 ? low : high);
  const to = bound(stop, step > 0 ? high : low);
  const taken: Value[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) taken.push(items[i] ?? null);
  if (typeof of === 'string') return taken.map(str).join('');
  return of instanceof Tuple ? new Tuple(taken) : taken;
}

/** The functions that every template has. */
export const GLOBALS: ReadonlyMap<string, Callable> = new Map([
  [
    'range',
    new Callable('range', ({ list }) => {
      const numbers = list.map((value) => BigInt(toIndex(value)));
      const [a = 0n, b, step = 1n] = numbers;
      if (numbers.length < 1 || numbers.length > 3)
        throw typeError(`range expected 1 to 3 arguments, got ${numbers.length}`);
      if (step === 0n) throw new TemplateError('ValueError', 'range() arg 3 must not be zero');
      return b === undefined ? new Range(0n, a, 1n) : new Range(a, b, step);
    }),
  ],
  ['dict', new Callable('dict', ({ list, named }) => new Map([...(list[0] instanceof Map ? list[0] : []), ...named]))],
  [
    'namespace',
    new Callable('namespace', ({ list, named }) => {
      const given = list[0] instanceof Map ? [...list[0]].map(([key, value]) => [str(key), value] as const) : [];
      return new Namespace(new Map([...given, ...named]));
    }),
  ],
]);
