import { TemplateError, typeError } from './errors.ts';
import { braceFormat } from './format.ts';
import { str } from './python-text.ts';
import { type Bound, bind } from './signature.ts';
import { type Args, codePoints, itemsOf, toText, Tuple, typeName, type Value } from './values.ts';

type Method = { readonly names: readonly string[]; readonly call: (text: string, args: Bound) => Value };

const method = (names: string, call: Method['call']): Method => ({ names: names === '' ? [] : names.split(' '), call });

const SPACE = /[\s\p{Zs}]/u;

/** The methods of str that a template may call. */
const METHODS: Readonly<Record<string, Method>> = {
  capitalize: method('', (s) => capitalized(s)),
  casefold: method('', (s) => s.toLowerCase()),
  center: method('width fillchar', (s, a) => {
    const [width, fill] = [a.index('width', 0), a.text('fillchar', ' ')];
    const missing = Math.max(0, checked(width) - codePoints(s).length);
    // an odd one goes to the left of an even width
    const left = Math.floor(missing / 2) + (missing & width & 1);
    return fill.repeat(left) + s + fill.repeat(missing - left);
  }),
  count: method('sub start end', (s, a) => {
    const part = a.text('sub', '');
    const within = cut(s, a);
    return BigInt(part === '' ? within.length + 1 : within.split(part).length - 1);
  }),
  endswith: method('suffix start end', (s, a) => affixes(a.need('suffix')).some((end) => cut(s, a).endsWith(end))),
  startswith: method('prefix start end', (s, a) =>
    affixes(a.need('prefix')).some((begin) => cut(s, a).startsWith(begin)),
  ),
  find: method('sub start end', (s, a) => BigInt(position(s, a, 'indexOf'))),
  rfind: method('sub start end', (s, a) => BigInt(position(s, a, 'lastIndexOf'))),
  index: method('sub start end', (s, a) => found(position(s, a, 'indexOf'))),
  rindex: method('sub start end', (s, a) => found(position(s, a, 'lastIndexOf'))),
  isalnum: method('', (s) => /^[\p{L}\p{N}]+$/u.test(s)),
  isalpha: method('', (s) => /^\p{L}+$/u.test(s)),
  isdecimal: method('', (s) => /^\p{Nd}+$/u.test(s)),
  isdigit: method('', (s) => /^\p{Nd}+$/u.test(s)),
  isnumeric: method('', (s) => /^\p{N}+$/u.test(s)),
  islower: method('', (s) => s !== s.toUpperCase() && s === s.toLowerCase()),
  isupper: method('', (s) => s !== s.toLowerCase() && s === s.toUpperCase()),
  isspace: method('', (s) => /^\s+$/.test(s)),
  istitle: method('', (s) => s !== '' && /\p{L}/u.test(s) && s === titled(s)),
  join: method('iterable', (s, a) =>
    itemsOf(a.need('iterable'))
      .map((item, i) => sequenceItem(item, i))
      .join(s),
  ),
  ljust: method('width fillchar', (s, a) => s.padEnd(checked(a.index('width', 0)), a.text('fillchar', ' '))),
  rjust: method('width fillchar', (s, a) => s.padStart(checked(a.index('width', 0)), a.text('fillchar', ' '))),
  lower: method('', (s) => s.toLowerCase()),
  upper: method('', (s) => s.toUpperCase()),
  swapcase: method('', (s) =>
    codePoints(s)
      .map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase()))
      .join(''),
  ),
  title: method('', (s) => titled(s)),
  strip: method('chars', (s, a) => stripped(s, a.get('chars') ?? null, true, true)),
  lstrip: method('chars', (s, a) => stripped(s, a.get('chars') ?? null, true, false)),
  rstrip: method('chars', (s, a) => stripped(s, a.get('chars') ?? null, false, true)),
  partition: method('sep', (s, a) => {
    const sep = a.text('sep', '');
    const at = s.indexOf(sep);
    return new Tuple(at < 0 ? [s, '', ''] : [s.slice(0, at), sep, s.slice(at + sep.length)]);
  }),
  rpartition: method('sep', (s, a) => {
    const sep = a.text('sep', '');
    const at = s.lastIndexOf(sep);
    return new Tuple(at < 0 ? ['', '', s] : [s.slice(0, at), sep, s.slice(at + sep.length)]);
  }),
  removeprefix: method('prefix', (s, a) =>
    s.startsWith(a.text('prefix', '')) ? s.slice(a.text('prefix', '').length) : s,
  ),
  removesuffix: method('suffix', (s, a) => {
    const end = a.text('suffix', '');
    return end !== '' && s.endsWith(end) ? s.slice(0, -end.length) : s;
  }),
  replace: method('old new count', (s, a) =>
    replaced(s, toText(a.need('old')), toText(a.need('new')), a.index('count', -1)),
  ),
  split: method('sep maxsplit', (s, a) => splitted(s, a.get('sep') ?? null, a.index('maxsplit', -1))),
  rsplit: method('sep maxsplit', (s, a) => splitFromEnd(s, a.get('sep') ?? null, a.index('maxsplit', -1))),
  splitlines: method('keepends', (s, a) => linesOf(s, a.flag('keepends', false))),
  zfill: method('width', (s, a) => {
    const [, sign = '', body = ''] = /^([-+]?)(.*)$/s.exec(s) ?? [];
    return sign + body.padStart(checked(a.index('width', 0)) - sign.length, '0');
  }),
};

/** `text.name(...)`, or undefined when str has no such method here. */
export function stringMethod(
  text: string,
  name: string,
  read: (of: Value, name: string, item: boolean) => Value,
): ((args: Args) => Value) | undefined {
  if (name === 'format') return (args) => braceFormat(text, args, read);
  const known = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  return known && ((args) => known.call(text, bind(name, known.names, args)));
}

export function capitalized(text: string): string {
  const [first = '', ...rest] = text;
  return first.toUpperCase() + rest.join('').toLowerCase();
}

/** Every run of letters with a capital first. */
export function titled(text: string): string {
  return text.replace(/\p{L}+/gu, (word) => capitalized(word));
}

export function replaced(text: string, old: string, by: string, count: number): string {
  if (count < 0) return text.replaceAll(old, () => by);
  let result = '';
  let at = 0;
  for (let n = 0; n < count; n++) {
    const next = text.indexOf(old, at);
    if (next < 0) break;
    result += text.slice(at, next) + by;
    at = next + old.length;
    if (old === '' && at < text.length) result += text[at++];
  }
  return result + text.slice(at);
}

export function stripped(text: string, chars: Value, left: boolean, right: boolean): string {
  const set = chars === null ? null : new Set(toText(chars));
  const drop = (char: string | undefined): boolean => char !== undefined && (set ? set.has(char) : SPACE.test(char));
  let from = 0;
  let to = text.length;
  if (left) while (from < to && drop(text[from])) from++;
  if (right) while (to > from && drop(text[to - 1])) to--;
  return text.slice(from, to);
}

function splitted(text: string, sep: Value, most: number): Value[] {
  const parts: Value[] = [];
  let rest = sep === null ? text.trimStart() : text;
  const mark = sep === null ? null : separator(sep);
  const limit = most < 0 ? Number.POSITIVE_INFINITY : most;
  while (parts.length < limit) {
    const match = mark === null ? /\s+/.exec(rest) : null;
    const at = mark === null ? (match?.index ?? -1) : rest.indexOf(mark);
    if (at < 0) break;
    parts.push(rest.slice(0, at));
    rest = rest.slice(at + (mark ?? match?.[0] ?? '').length);
  }
  return mark === null && rest === '' ? parts : [...parts, rest];
}

function splitFromEnd(text: string, sep: Value, most: number): Value[] {
  if (most < 0) return splitted(text, sep, -1);
  const flip = (s: string): string => codePoints(s).reverse().join('');
  const parts = splitted(flip(text), sep === null ? null : flip(separator(sep)), most);
  return parts.map((part) => flip(toText(part))).reverse();
}

function separator(sep: Value): string {
  const mark = toText(sep);
  if (mark === '') throw new TemplateError('ValueError', 'empty separator');
  return mark;
}

function linesOf(text: string, keep: boolean): Value[] {
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  return keep ? lines : lines.map((line) => line.replace(/[\r\n]+$/, ''));
}

function cut(text: string, args: Bound): string {
  const bound = (name: string, fallback: number): number => {
    const index = args.index(name, fallback);
    return index < 0 ? Math.max(0, index + text.length) : index;
  };
  return text.slice(bound('start', 0), bound('end', text.length));
}

function position(text: string, args: Bound, way: 'indexOf' | 'lastIndexOf'): number {
  const at = cut(text, args)[way](args.text('sub', ''));
  const start = args.index('start', 0);
  return at < 0 ? -1 : at + (start < 0 ? Math.max(0, start + text.length) : start);
}

function found(at: number): bigint {
  if (at < 0) throw new TemplateError('ValueError', 'substring not found');
  return BigInt(at);
}

function affixes(value: Value): string[] {
  return value instanceof Tuple ? value.items.map(toText) : [toText(value)];
}

function sequenceItem(item: Value, index: number): string {
  if (typeof item === 'string') return item;
  throw typeError(`sequence item ${index}: expected str instance, ${typeName(item)} found`);
}

function checked(width: number): number {
  if (width > 10_000) throw new TemplateError('OverflowError', `a width of ${str(BigInt(width))} is too large`);
  return width;
}
