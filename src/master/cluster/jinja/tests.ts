import { compare } from './arithmetic.ts';
import type { Comparison } from './ast.ts';
import { TemplateError } from './errors.ts';
import { toInt } from './signature.ts';
import { Callable, Range, Tuple, Undefined, type Value } from './values.ts';

type Test = (value: Value, args: readonly Value[]) => boolean;

const comparing =
  (op: Comparison): Test =>
  (value, [other = null]) =>
    compare(op, value, other);

const isNumber: Test = (v) => typeof v === 'bigint' || typeof v === 'number' || typeof v === 'boolean';
const isSequence: Test = (v) =>
  typeof v === 'string' ||
  Array.isArray(v) ||
  v instanceof Map ||
  v instanceof Tuple ||
  v instanceof Range ||
  v instanceof Undefined;

/** The tests of `is`, by name. */
const TESTS: Readonly<Record<string, Test>> = {
  defined: (v) => !(v instanceof Undefined),
  undefined: (v) => v instanceof Undefined,
  none: (v) => v === null,
  boolean: (v) => typeof v === 'boolean',
  true: (v) => v === true,
  false: (v) => v === false,
  number: isNumber,
  integer: (v) => typeof v === 'bigint',
  float: (v) => typeof v === 'number',
  string: (v) => typeof v === 'string',
  mapping: (v) => v instanceof Map,
  sequence: isSequence,
  iterable: isSequence,
  callable: (v) => v instanceof Callable,
  even: (v) => toInt(v) % 2n === 0n,
  odd: (v) => toInt(v) % 2n !== 0n,
  divisibleby: (v, [by = 1n]) => toInt(v) % toInt(by) === 0n,
  lower: (v) => typeof v === 'string' && v === v.toLowerCase() && v !== v.toUpperCase(),
  upper: (v) => typeof v === 'string' && v === v.toUpperCase() && v !== v.toLowerCase(),
  sameas: (v, [other = null]) => v === other,
  in: (v, [within = null]) => compare('in', v, within),
  eq: comparing('=='),
  equalto: comparing('=='),
  '==': comparing('=='),
  ne: comparing('!='),
  '!=': comparing('!='),
  lt: comparing('<'),
  lessthan: comparing('<'),
  le: comparing('<='),
  gt: comparing('>'),
  greaterthan: comparing('>'),
  ge: comparing('>='),
};

export function runTest(name: string, value: Value, args: readonly Value[]): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (!test) throw new TemplateError('TemplateRuntimeError', `No test named '${name}'.`);
  return test(value, args);
}

export function hasTest(name: string): boolean {
  return Object.hasOwn(TESTS, name);
}
