import type { Arithmetic, CallArgs, Comparison, Expr } from './ast.ts';
import { hasFilter } from './filters.ts';
import { hasTest } from './tests.ts';
import type { TokenStream } from './token-stream.ts';

const CONSTANTS: Readonly<Record<string, null | boolean>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>='];
/** The binary operators between comparison and power; a later row binds more tightly. */
const LEVELS: readonly (readonly string[])[] = [['+', '-'], ['~'], ['*', '/', '//', '%']];
export const NO_ARGS: CallArgs = { list: [], named: [], star: null, starStar: null };

/** An expression; several with commas between them are a tuple. */
export function parseTuple(s: TokenStream, withIf = true): Expr {
  const { line } = s;
  const items: Expr[] = [];
  let comma = false;
  while (!endsTuple(s)) {
    items.push(withIf ? parseExpression(s) : parseOr(s));
    comma = s.skip('operator', ',');
    if (!comma) break;
  }
  const [only] = items;
  if (only && items.length === 1 && !comma) return only;
  if (!only) s.fail(`Expected an expression, got '${s.shown()}'`);
  return { kind: 'tuple', items, line };
}

function endsTuple(s: TokenStream): boolean {
  return ['variable_end', 'block_end', 'eof'].includes(s.current.type) || s.operator(')') || s.word('in');
}

/** With `a if b else c`, which binds least. */
export function parseExpression(s: TokenStream): Expr {
  let left = parseOr(s);
  while (s.word('if')) {
    const { line } = s.next();
    const test = parseOr(s);
    left = { kind: 'if', test, yes: left, no: s.skip('name', 'else') ? parseExpression(s) : null, line };
  }
  return left;
}

export function parseOr(s: TokenStream): Expr {
  let left = parseAnd(s);
  while (s.word('or')) left = { kind: 'or', line: s.next().line, left, right: parseAnd(s) };
  return left;
}

function parseAnd(s: TokenStream): Expr {
  let left = parseNot(s);
  while (s.word('and')) left = { kind: 'and', line: s.next().line, left, right: parseNot(s) };
  return left;
}

function parseNot(s: TokenStream): Expr {
  return s.word('not') ? { kind: 'not', line: s.next().line, of: parseNot(s) } : parseCompare(s);
}

function parseCompare(s: TokenStream): Expr {
  const { line } = s;
  const first = parseBinary(s, 0);
  const rest: (readonly [Comparison, Expr])[] = [];
  for (let op = comparison(s); op !== null; op = comparison(s)) rest.push([op, parseBinary(s, 0)]);
  return rest.length === 0 ? first : { kind: 'compare', first, rest, line };
}

function comparison(s: TokenStream): Comparison | null {
  if (s.is('operator') && COMPARISONS.includes(s.current.value)) return s.next().value as Comparison;
  if (s.skip('name', 'in')) return 'in';
  if (!s.word('not') || s.look().value !== 'in' || s.look().type !== 'name') return null;
  s.next();
  s.next();
  return 'not in';
}

function parseBinary(s: TokenStream, level: number): Expr {
  const operators = LEVELS[level];
  if (!operators) return parsePower(s);
  let left = parseBinary(s, level + 1);
  while (s.is('operator') && operators.includes(s.current.value)) {
    const { value, line } = s.next();
    const right = parseBinary(s, level + 1);
    left =
      value === '~'
        ? { kind: 'concat', items: [left, right], line }
        : { kind: 'arithmetic', op: value as Arithmetic, left, right, line };
  }
  return left;
}

function parsePower(s: TokenStream): Expr {
  let left = parseUnary(s, true);
  while (s.operator('**')) {
    left = { kind: 'arithmetic', op: '**', line: s.next().line, left, right: parseUnary(s, true) };
  }
  return left;
}

/** Filters bind less than a sign: `-1|abs` is 1. */
function parseUnary(s: TokenStream, withFilters: boolean): Expr {
  const sign = s.operator('-') ? 'neg' : s.operator('+') ? 'pos' : null;
  const plain: Expr = sign
    ? { kind: sign, line: s.next().line, of: parseUnary(s, false) }
    : parsePostfix(s, parsePrimary(s));
  return withFilters ? parseFilters(s, sign ? parsePostfix(s, plain) : plain) : plain;
}

function parsePrimary(s: TokenStream): Expr {
  const { type, value, line } = s.current;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- what is no literal follows below
  switch (type) {
    case 'name': {
      s.next();
      const constant = CONSTANTS[value];
      return Object.hasOwn(CONSTANTS, value) && constant !== undefined
        ? { kind: 'const', value: constant, line }
        : { kind: 'name', name: value, line };
    }
    case 'string': {
      let text = s.next().value;
      while (s.is('string')) text += s.next().value;
      return { kind: 'const', value: text, line };
    }
    case 'integer':
      s.next();
      return { kind: 'const', value: BigInt(value.replaceAll('_', '')), line };
    case 'float':
      s.next();
      return { kind: 'const', value: Number(value.replaceAll('_', '')), line };
    default:
      break;
  }
  if (s.skip('operator', '(')) {
    if (s.skip('operator', ')')) return { kind: 'tuple', items: [], line };
    const inner = parseTuple(s);
    s.expect('operator', ')');
    return inner;
  }
  if (s.skip('operator', '[')) return { kind: 'list', items: itemsUntil(s, ']', parseExpression), line };
  if (s.skip('operator', '{')) return { kind: 'dict', pairs: itemsUntil(s, '}', parsePair), line };
  return s.fail(`unexpected '${s.shown()}'`);
}

function parsePair(s: TokenStream): readonly [Expr, Expr] {
  const key = parseExpression(s);
  s.expect('operator', ':');
  return [key, parseExpression(s)];
}

/** Items with commas between them, also after the last, up to a closing bracket. */
function itemsUntil<T>(s: TokenStream, close: string, item: (s: TokenStream) => T): T[] {
  const items: T[] = [];
  while (!s.skip('operator', close)) {
    if (items.length > 0) {
      s.expect('operator', ',');
      if (s.skip('operator', close)) break;
    }
    items.push(item(s));
  }
  return items;
}

function parsePostfix(s: TokenStream, start: Expr): Expr {
  let of = start;
  for (;;) {
    const { line } = s;
    if (s.skip('operator', '.')) {
      if (s.is('integer')) of = { kind: 'item', of, key: { kind: 'const', value: BigInt(s.next().value), line }, line };
      else of = { kind: 'attribute', of, name: s.expect('name').value, line };
    } else if (s.skip('operator', '[')) {
      of = parseSubscript(s, of, line);
    } else if (s.operator('(')) {
      of = { kind: 'call', of, args: parseArgs(s), line };
    } else {
      return of;
    }
  }
}

function parseSubscript(s: TokenStream, of: Expr, line: number): Expr {
  const bounds: (Expr | null)[] = [];
  let colons = 0;
  let pending: Expr | null = null;
  while (!s.operator(']')) {
    if (s.skip('operator', ':')) {
      bounds.push(pending);
      pending = null;
      if (++colons > 2) s.fail("unexpected ':'");
    } else {
      if (pending) s.fail(`unexpected '${s.shown()}', expected ']'`);
      pending = parseExpression(s);
    }
  }
  s.expect('operator', ']');
  if (colons > 0) return { kind: 'slice', of, bounds: [...bounds, pending], line };
  return pending ? { kind: 'item', of, key: pending, line } : s.fail("Expected an expression, got ']'");
}

function parseFilters(s: TokenStream, start: Expr): Expr {
  let of = start;
  for (;;) {
    const { line } = s;
    if (s.skip('operator', '|')) of = { kind: 'filter', of, ...parseNamed(s), line };
    else if (s.skip('name', 'is')) of = parseTest(s, of, line);
    else if (s.operator('(')) of = { kind: 'call', of, args: parseArgs(s), line };
    else return of;
  }
}

/** A filter's name and arguments. */
export function parseNamed(s: TokenStream): { name: string; args: CallArgs } {
  const name = s.expect('name').value;
  if (!hasFilter(name)) s.fail(`No filter named '${name}'.`);
  return { name, args: s.operator('(') ? parseArgs(s) : NO_ARGS };
}

function parseTest(s: TokenStream, of: Expr, line: number): Expr {
  const negated = s.skip('name', 'not');
  const name = s.expect('name').value;
  if (!hasTest(name)) s.fail(`No test named '${name}'.`);
  let args = NO_ARGS;
  if (s.operator('(')) args = parseArgs(s);
  else if (startsTestArgument(s)) args = { ...NO_ARGS, list: [parsePostfix(s, parsePrimary(s))] };
  const test: Expr = { kind: 'test', of, name, args, line };
  return negated ? { kind: 'not', of: test, line } : test;
}

function startsTestArgument(s: TokenStream): boolean {
  const { type, value } = s.current;
  if (type === 'name') return !['else', 'or', 'and', 'is', 'if', 'in', 'not', 'recursive'].includes(value);
  return ['string', 'integer', 'float'].includes(type) || (type === 'operator' && ['[', '{'].includes(value));
}

export function parseArgs(s: TokenStream): CallArgs {
  const list: Expr[] = [];
  const named: (readonly [string, Expr])[] = [];
  let star: Expr | null = null;
  let starStar: Expr | null = null;
  s.expect('operator', '(');
  itemsUntil(s, ')', () => {
    if (s.skip('operator', '**')) starStar = parseExpression(s);
    else if (s.skip('operator', '*')) star = parseExpression(s);
    else if (s.is('name') && s.look().type === 'operator' && s.look().value === '=') {
      const name = s.next().value;
      s.next();
      named.push([name, parseExpression(s)]);
    } else if (named.length > 0 || starStar) s.fail('invalid syntax for function call expression');
    else list.push(parseExpression(s));
  });
  return { list, named, star, starStar };
}
