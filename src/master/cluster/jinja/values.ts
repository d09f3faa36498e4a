import { TemplateError, typeError } from './errors.ts';

/**
 * Python values in JavaScript: None is null, int is bigint, float is number, str is string, list is an array, dict is a
 * Map. What JavaScript has no word for is a class of its own. No value is ever a plain object, so nothing of a
 * JavaScript prototype can be reached from a template.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Dict
  | Tuple
  | Range
  | Undefined
  | Callable
  | Namespace
  | Loop;

export type Dict = Map<Value, Value>;

export class Tuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

export class Range {
  readonly start: bigint;
  readonly stop: bigint;
  readonly step: bigint;

  constructor(start: bigint, stop: bigint, step: bigint) {
    this.start = start;
    this.stop = stop;
    this.step = step;
  }

  get length(): bigint {
    const { start, stop, step } = this;
    const span = step > 0n ? stop - start : start - stop;
    const size = step > 0n ? step : -step;
    return span <= 0n ? 0n : (span + size - 1n) / size;
  }
}

/** What a name stands for that nobody has set: prints nothing, is false, and fails when it is used. */
export class Undefined {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }

  fail(): never {
    throw new TemplateError('UndefinedError', this.what);
  }
}

export interface Args {
  readonly list: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export class Callable {
  readonly name: string;
  readonly call: (args: Args) => Value;

  constructor(name: string, call: (args: Args) => Value) {
    this.name = name;
    this.call = call;
  }
}

/** The one kind of value whose attributes a template can set. */
export class Namespace {
  readonly values: Map<string, Value>;

  constructor(values: Map<string, Value>) {
    this.values = values;
  }
}

/** `loop` of a for statement. */
export class Loop {
  readonly attributes: (name: string) => Value | undefined;

  constructor(attributes: (name: string) => Value | undefined) {
    this.attributes = attributes;
  }
}

/** A float for a context: JavaScript cannot tell 24.0 from 24. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** A value of ours as a Python one: whole numbers become int, objects dict, undefined None. */
export function toPython(value: unknown): Value {
  if (value instanceof PyFloat) return value.value;
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(toPython);
  if (typeof value === 'object') return new Map(Object.entries(value).map(([key, v]) => [key, toPython(v)]));
  throw new TypeError(`a ${typeof value} cannot be used in a template`);
}

export function typeName(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'string') return 'str';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Tuple) return 'tuple';
  if (value instanceof Range) return 'range';
  if (value instanceof Undefined) return 'Undefined';
  if (value instanceof Namespace) return 'Namespace';
  return value instanceof Loop ? 'LoopContext' : 'function';
}

export function truth(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  if (value instanceof Map) return value.size > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  return value instanceof Range ? value.length > 0n : true;
}

const RANGE_MAX = 100_000n;

/** The items of a value, as `for` and `list` see them; of text its characters, of a dict its keys. */
export function itemsOf(value: Value): readonly Value[] {
  if (typeof value === 'string') return codePoints(value);
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys()];
  if (value instanceof Tuple) return value.items;
  if (value instanceof Undefined) return [];
  if (value instanceof Range) {
    const { start, step, length } = value;
    if (length > RANGE_MAX) throw new TemplateError('OverflowError', `Range too big. Maximum size is ${RANGE_MAX}.`);
    return Array.from({ length: Number(length) }, (_, i) => start + BigInt(i) * step);
  }
  throw typeError(`'${typeName(value)}' object is not iterable`);
}

export function lengthOf(value: Value): bigint {
  if (value instanceof Range) return value.length;
  if (value === null || ['boolean', 'bigint', 'number'].includes(typeof value) || value instanceof Callable) {
    throw typeError(`object of type '${typeName(value)}' has no len()`);
  }
  return BigInt(itemsOf(value).length);
}

/** A number for arithmetic: True counts as 1. Null when it is none. */
export function numeric(value: Value): bigint | number | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : null;
}

/** A key as a dict stores it: 1, 1.0 and True are one key. */
export function dictKey(value: Value): Value {
  if (Array.isArray(value) || value instanceof Map) throw typeError(`unhashable type: '${typeName(value)}'`);
  if (value instanceof Undefined) return value.fail();
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value;
}

/** An int argument. */
export function toIndex(value: Value): number {
  if (value instanceof Undefined) return value.fail();
  const number = numeric(value);
  if (typeof number !== 'bigint') throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`);
  return Number(number);
}

/** A str argument. */
export function toText(value: Value): string {
  if (value instanceof Undefined) return value.fail();
  if (typeof value !== 'string') throw typeError(`expected str, not ${typeName(value)}`);
  return value;
}

/** The characters of a text, as Python counts them. */
export function codePoints(text: string): string[] {
  return Array.from(text);
}
