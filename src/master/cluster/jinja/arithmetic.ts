import type { Arithmetic, Comparison } from './ast.ts';
import { TemplateError, typeError } from './errors.ts';
import { percentFormat } from './format.ts';
import { equal } from './python-text.ts';
import { dictKey, itemsOf, numeric, Tuple, typeName, Undefined, type Value } from './values.ts';

/** Longest text and list that an operator may make, so that a template cannot fill the memory. */
const REPEAT_MAX = 1_000_000;

/** `left op right` of Python. */
export function arithmetic(op: Arithmetic, left: Value, right: Value): Value {
  if (left instanceof Undefined) return left.fail();
  if (op === '%' && typeof left === 'string') return percentFormat(left, right);
  if (right instanceof Undefined) return right.fail();
  const a = numeric(left);
  const b = numeric(right);
  if (a !== null && b !== null) return ofNumbers(op, a, b);
  if (op === '+') {
    if (typeof left === 'string' && typeof right === 'string') return left + right;
    if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple) return new Tuple([...left.items, ...right.items]);
    if (typeof left === 'string') throw typeError(`can only concatenate str (not "${typeName(right)}") to str`);
  }
  if (op === '*') {
    if (typeof b === 'bigint') return repeated(left, b, right);
    if (typeof a === 'bigint') return repeated(right, a, left);
  }
  throw unsupported(op, left, right);
}

function unsupported(op: string, left: Value, right: Value): TemplateError {
  const sign = op === '**' ? '** or pow()' : op;
  return typeError(`unsupported operand type(s) for ${sign}: '${typeName(left)}' and '${typeName(right)}'`);
}

function repeated(what: Value, times: bigint, count: Value): Value {
  const n = Math.max(0, Number(times));
  const size =
    typeof what === 'string' || Array.isArray(what) ? what.length : what instanceof Tuple ? what.items.length : null;
  if (size === null) throw unsupported('*', what, count);
  if (n * size > REPEAT_MAX) throw new TemplateError('OverflowError', `a sequence of ${n * size} items is too long`);
  if (typeof what === 'string') return what.repeat(n);
  const items = Array.from({ length: n }, () => [...itemsOf(what)]).flat();
  return what instanceof Tuple ? new Tuple(items) : items;
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
function ofNumbers(op: Arithmetic, a: bigint | number, b: bigint | number): Value {
  if ((op === '/' || op === '//' || op === '%') && Number(b) === 0) {
    const words = {
      '/': 'division by zero',
      '//': 'integer division or modulo by zero',
      '%': 'integer modulo by zero',
    };
    throw new TemplateError('ZeroDivisionError', words[op]);
  }
  if (op === '/') return Number(a) / Number(b);
  if (typeof a === 'bigint' && typeof b === 'bigint') return ofInts(op, a, b);
  const [x, y] = [Number(a), Number(b)];
  switch (op) {
    case '+':
      return x + y;
    case '-':
      return x - y;
    case '*':
      return x * y;
    case '//':
      return Math.floor(x / y);
    case '%':
      // the result has the sign of the divisor
      return x - Math.floor(x / y) * y;
    case '**':
      return x ** y;
  }
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
function ofInts(op: Exclude<Arithmetic, '/'>, a: bigint, b: bigint): Value {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '//':
      return floorDivide(a, b);
    case '%':
      return a - floorDivide(a, b) * b;
    case '**':
      if (b < 0n) return Number(a) ** Number(b);
      if (b > 10_000n) throw new TemplateError('OverflowError', `the exponent ${b} is too large`);
      return a ** b;
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

export function negative(value: Value): Value {
  const number = value instanceof Undefined ? value.fail() : numeric(value);
  if (number === null) throw typeError(`bad operand type for unary -: '${typeName(value)}'`);
  return -number;
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
export function compare(op: Comparison, left: Value, right: Value): boolean {
  switch (op) {
    case '==':
      return equal(left, right);
    case '!=':
      return !equal(left, right);
    case 'in':
      return contains(right, left);
    case 'not in':
      return !contains(right, left);
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const order = ordered(left, right, op);
      if (Number.isNaN(order)) return false;
      if (op === '<') return order < 0;
      if (op === '<=') return order <= 0;
      return op === '>' ? order > 0 : order >= 0;
    }
  }
}

/** Less than, equal to or greater than 0, as `left` is to `right`. @throws TemplateError TypeError when they have no order */
export function ordered(left: Value, right: Value, op = '<'): number {
  if (left instanceof Undefined) return left.fail();
  if (right instanceof Undefined) return right.fail();
  const a = numeric(left);
  const b = numeric(right);
  if (a !== null && b !== null) {
    if (Number.isNaN(Number(a)) || Number.isNaN(Number(b))) return Number.NaN;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  const sequences = (Array.isArray(left) && Array.isArray(right)) || (left instanceof Tuple && right instanceof Tuple);
  if (!sequences) {
    throw typeError(`'${op}' not supported between instances of '${typeName(left)}' and '${typeName(right)}'`);
  }
  const [x, y] = [itemsOf(left), itemsOf(right)];
  for (const [i, item] of x.entries()) {
    const other = y[i];
    if (other === undefined) return 1;
    if (!equal(item, other)) return ordered(item, other, op);
  }
  return x.length - y.length;
}

export function contains(container: Value, item: Value): boolean {
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    throw typeError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
  }
  if (container instanceof Map) return container.has(dictKey(item));
  if (container === null || ['boolean', 'bigint', 'number'].includes(typeof container)) {
    throw typeError(`argument of type '${typeName(container)}' is not iterable`);
  }
  return itemsOf(container).some((each) => equal(each, item));
}
