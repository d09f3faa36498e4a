import { arithmetic, ordered } from './arithmetic.ts';
import { TemplateError, typeError } from './errors.ts';
import { percentFormat } from './format.ts';
import { equal, str } from './python-text.ts';
import { bind, type Bound, toFloat, toInt } from './signature.ts';
import { capitalized, replaced, stripped } from './string-methods.ts';
import { runTest } from './tests.ts';
import { toJson } from './to-json.ts';
import {
  type Args,
  codePoints,
  itemsOf,
  lengthOf,
  numeric,
  toIndex,
  toText,
  truth,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';

/** What filters need of the interpreter: attributes and items of values. */
export type Read = (of: Value, name: string) => Value;

type Filter = (value: Value, args: Bound, read: Read) => Value;
interface Entry {
  readonly names: readonly string[];
  readonly run: Filter;
}

const filter = (names: string, run: Filter): Entry => ({ names: names === '' ? [] : names.split(' '), run });

const FILTERS: Readonly<Record<string, Entry>> = {
  abs: filter('', (v) => {
    const n = v instanceof Undefined ? v.fail() : numeric(v);
    if (n === null) throw typeError('bad operand type for abs()');
    return n < 0 ? -n : n;
  }),
  attr: filter('name', (v, a, read) => read(v, toText(a.need('name')))),
  batch: filter('linecount fill_with', (v, a) => {
    const [size, items] = [a.index('linecount', 1), itemsOf(v)];
    const rows = Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
      items.slice(i * size, (i + 1) * size),
    );
    const fill = a.get('fill_with') ?? null;
    return rows.map((row) => (fill === null ? [...row] : [...row, ...Array<Value>(size - row.length).fill(fill)]));
  }),
  capitalize: filter('', (v) => capitalized(str(v))),
  center: filter('width', (v, a) => {
    const missing = a.index('width', 80) - str(v).length;
    if (missing <= 0 || missing > 10_000) return str(v);
    const left = Math.floor(missing / 2) + (missing & a.index('width', 80) & 1);
    return ' '.repeat(left) + str(v) + ' '.repeat(missing - left);
  }),
  default: filter('default_value boolean', (v, a) =>
    v instanceof Undefined || (a.flag('boolean', false) && !truth(v)) ? (a.get('default_value') ?? '') : v,
  ),
  dictsort: filter('case_sensitive by reverse', (v, a) => {
    if (!(v instanceof Map)) throw typeError('dictsort needs a dict');
    const at = a.text('by', 'key') === 'value' ? 1 : 0;
    const sorted = sortedBy([...v], (pair) => folded(pair[at] ?? null, a.flag('case_sensitive', false)));
    return (a.flag('reverse', false) ? sorted.reverse() : sorted).map((pair) => new Tuple(pair));
  }),
  escape: filter('', (v) => escaped(str(v))),
  first: filter('', (v) => itemsOf(v)[0] ?? new Undefined('No first item, sequence was empty.')),
  float: filter('default', (v, a) => attempt(() => toFloat(v), a.get('default') ?? 0)),
  indent: filter('width first blank', (v, a) => {
    const width = a.get('width') ?? 4n;
    const space = typeof width === 'string' ? width : ' '.repeat(Math.min(1000, toIndex(width)));
    const lines = str(v).split('\n');
    const indented = lines.map((line, i) =>
      (i === 0 && !a.flag('first', false)) || (line === '' && !a.flag('blank', false) && i > 0) ? line : space + line,
    );
    return indented.join('\n');
  }),
  int: filter('default base', (v, a) =>
    attempt(() => {
      const base = a.index('base', 10);
      if (typeof v !== 'string') return toInt(v, base);
      return attempt(() => toInt(v, base), null) ?? toInt(toFloat(v));
    }, a.get('default') ?? 0n),
  ),
  items: filter('', (v) => {
    if (v instanceof Undefined) return [];
    if (!(v instanceof Map)) throw typeError('Can only get item pairs from a mapping.');
    return [...v].map((pair) => new Tuple(pair));
  }),
  join: filter('d attribute', (v, a, read) => {
    const attribute = a.get('attribute') ?? null;
    return itemsOf(v)
      .map((item) => str(attribute === null ? item : attributeOf(item, attribute, read)))
      .join(str(a.get('d') ?? ''));
  }),
  last: filter('', (v) => itemsOf(v).at(-1) ?? new Undefined('No last item, sequence was empty.')),
  length: filter('', (v) => lengthOf(v)),
  list: filter('', (v) => [...itemsOf(v)]),
  lower: filter('', (v) => str(v).toLowerCase()),
  max: filter('case_sensitive attribute', (v, a, read) => extreme(v, a, read, 1)),
  min: filter('case_sensitive attribute', (v, a, read) => extreme(v, a, read, -1)),
  replace: filter('old new count', (v, a) => {
    const count = a.get('count') ?? null;
    return replaced(str(v), str(a.need('old')), str(a.need('new')), count === null ? -1 : toIndex(count));
  }),
  reverse: filter('', (v) => (typeof v === 'string' ? codePoints(v).reverse().join('') : [...itemsOf(v)].reverse())),
  round: filter('precision method', (v, a) => rounded(v, a.index('precision', 0), a.text('method', 'common'))),
  safe: filter('', (v) => v),
  slice: filter('slices fill_with', (v, a) => {
    const [count, items] = [a.index('slices', 1), itemsOf(v)];
    const [each, more] = [Math.floor(items.length / count), items.length % count];
    const fill = a.get('fill_with') ?? null;
    return Array.from({ length: count }, (_, i) => {
      const begin = i * each + Math.min(i, more);
      const row = items.slice(begin, begin + each + Number(i < more));
      return fill !== null && i >= more && more > 0 ? [...row, fill] : [...row];
    });
  }),
  sort: filter('reverse case_sensitive attribute', (v, a, read) => {
    const attribute = a.get('attribute') ?? null;
    const key = (item: Value): Value =>
      folded(attribute === null ? item : attributeOf(item, attribute, read), a.flag('case_sensitive', false));
    return sortedBy([...itemsOf(v)], key, a.flag('reverse', false));
  }),
  string: filter('', (v) => str(v)),
  sum: filter('attribute start', (v, a, read) => {
    const attribute = a.get('attribute') ?? null;
    const values = itemsOf(v).map((item) => (attribute === null ? item : attributeOf(item, attribute, read)));
    return values.reduce((sum, item) => arithmetic('+', sum, item), a.get('start') ?? 0n);
  }),
  title: filter('', (v) =>
    str(v)
      .split(/([-\s({[<]+)/)
      .map((word) => capitalized(word))
      .join(''),
  ),
  tojson: filter('indent', (v, a) => toJson(v, a.get('indent') ?? null)),
  trim: filter('chars', (v, a) => stripped(str(v), a.get('chars') ?? null, true, true)),
  truncate: filter('length killwords end leeway', (v, a) => {
    const [text, length, end] = [str(v), a.index('length', 255), a.text('end', '...')];
    if (text.length <= length + a.index('leeway', 5)) return text;
    const short = text.slice(0, Math.max(0, length - end.length));
    return (a.flag('killwords', false) ? short : short.replace(/ [^ ]*$/, '')) + end;
  }),
  unique: filter('case_sensitive attribute', (v, a, read) => {
    const attribute = a.get('attribute') ?? null;
    const seen: Value[] = [];
    return itemsOf(v).filter((item) => {
      const key = folded(
        attribute === null ? item : attributeOf(item, attribute, read),
        a.flag('case_sensitive', false),
      );
      if (seen.some((other) => equal(other, key))) return false;
      seen.push(key);
      return true;
    });
  }),
  upper: filter('', (v) => str(v).toUpperCase()),
  urlencode: filter('', (v) =>
    encodeURIComponent(str(v))
      .replaceAll('%2F', '/')
      .replace(/[!'()*]/g, percentCode),
  ),
  wordcount: filter('', (v) => BigInt(str(v).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
};
const ALIASES: Readonly<Record<string, string>> = { d: 'default', e: 'escape', count: 'length' };

/** Apply a filter. @throws TemplateError for one that there is not, or what it cannot do */
export function runFilter(name: string, value: Value, args: Args, read: Read): Value {
  if (name === 'format')
    return percentFormat(str(value), args.named.size > 0 ? new Map(args.named) : new Tuple(args.list));
  if (['map', 'select', 'reject', 'selectattr', 'rejectattr'].includes(name)) return eachOf(name, value, args, read);
  const known = ALIASES[name] ?? name;
  const entry = Object.hasOwn(FILTERS, known) ? FILTERS[known] : undefined;
  if (!entry) throw new TemplateError('TemplateRuntimeError', `No filter named '${name}'.`);
  return entry.run(value, bind(name, entry.names, args), read);
}

export function hasFilter(name: string): boolean {
  const special = ['format', 'map', 'select', 'reject', 'selectattr', 'rejectattr'];
  return Object.hasOwn(FILTERS, ALIASES[name] ?? name) || special.includes(name);
}

/** Filters that apply another filter or test to each item. */
function eachOf(name: string, value: Value, { list, named }: Args, read: Read): Value {
  const items = itemsOf(value);
  if (name === 'map') {
    const attribute = named.get('attribute');
    if (attribute !== undefined) {
      const fallback = named.get('default');
      return items.map((item) => {
        const found = attributeOf(item, attribute, read);
        return found instanceof Undefined && fallback !== undefined ? fallback : found;
      });
    }
    const [other, ...rest] = list;
    if (other === undefined) throw typeError('map requires a filter argument');
    return items.map((item) => runFilter(toText(other), item, { list: rest, named }, read));
  }
  const byAttribute = name.endsWith('attr');
  const [attribute, rest] = byAttribute ? [list[0] ?? '', list.slice(1)] : [null, list];
  const [test, ...args] = rest;
  const wanted = name.startsWith('select');
  return items.filter((item) => {
    const subject = attribute === null ? item : attributeOf(item, attribute, read);
    return (test === undefined ? truth(subject) : runTest(toText(test), subject, args)) === wanted;
  });
}

/** `a.b.0` of an item. */
function attributeOf(item: Value, attribute: Value, read: Read): Value {
  return str(attribute)
    .split('.')
    .reduce((of, name) => read(of, name), item);
}

function folded(value: Value, sensitive: boolean): Value {
  return typeof value === 'string' && !sensitive ? value.toLowerCase() : value;
}

/** Stable, also in reverse: equal items keep their order. */
function sortedBy<T>(items: T[], key: (item: T) => Value, reverse = false): T[] {
  return items.sort((x, y) => (reverse ? ordered(key(y), key(x)) : ordered(key(x), key(y))));
}

function extreme(value: Value, a: Bound, read: Read, sign: 1 | -1): Value {
  const attribute = a.get('attribute') ?? null;
  const key = (item: Value): Value =>
    folded(attribute === null ? item : attributeOf(item, attribute, read), a.flag('case_sensitive', false));
  const [first, ...rest] = itemsOf(value);
  if (first === undefined) return new Undefined('No aggregated item, sequence was empty.');
  return rest.reduce((best, item) => (ordered(key(item), key(best)) * sign > 0 ? item : best), first);
}

/** What int and float give for text that is no number, and None. */
function attempt<T, F>(make: () => T, fallback: F): T | F {
  try {
    return make();
  } catch (error) {
    const tolerated =
      error instanceof TemplateError && ['ValueError', 'TypeError', 'OverflowError'].includes(error.errorClass);
    if (!tolerated) throw error;
    return fallback;
  }
}

function rounded(value: Value, precision: number, way: string): Value {
  if (!['common', 'ceil', 'floor'].includes(way)) {
    throw new TemplateError('TemplateRuntimeError', 'method must be common, ceil or floor');
  }
  if (value instanceof Undefined) return value.fail();
  const number = numeric(value);
  if (number === null) throw typeError('type str does not define __round__ method');
  if (typeof number === 'bigint' && way === 'common' && precision >= 0) return number;
  if (typeof number === 'bigint' && way === 'common') {
    return BigInt(halfEven(Number(number) / 10 ** -precision)) * 10n ** BigInt(-precision);
  }
  const scale = 10 ** precision;
  const x = Number(number);
  if (way !== 'common') return (way === 'ceil' ? Math.ceil(x * scale) : Math.floor(x * scale)) / scale;
  if (precision > 0) return Number(percentFormat(`%.${precision}f`, x));
  return halfEven(x * scale) / scale;
}

/** Halves go to the even neighbour. */
function halfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

function escaped(text: string): string {
  const marks: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };
  return text.replace(/[&<>'"]/g, (mark) => marks[mark] ?? mark);
}

function percentCode(char: string): string {
  return `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
}
