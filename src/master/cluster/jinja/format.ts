import { TemplateError, typeError } from './errors.ts';
import { floatText, pythonExponent, repr, str } from './python-text.ts';
import { type Args, codePoints, numeric, toText, Tuple, typeName, type Value } from './values.ts';

const WIDTH_MAX = 10_000;

/** How one value is to be written, of both ways to format. */
interface Spec {
  fill: string;
  align: '' | '<' | '>' | '^' | '=';
  sign: '' | '+' | ' ' | '-';
  alternate: boolean;
  width: number;
  comma: '' | ',' | '_';
  precision: number | null;
  type: string;
}

const PERCENT =
  /%(?:\((?<key>[^)]*)\))?(?<flags>[-+ #0]*)(?<width>\*|\d+)?(?:\.(?<precision>\*|\d+))?[hlL]?(?<type>.)?/gs;

/** `text % args`. @throws TemplateError for too few or too many arguments, or those of a wrong type */
export function percentFormat(text: string, args: Value): string {
  const list = args instanceof Tuple ? args.items : [args];
  let used = 0;
  const take = (): Value => {
    const value = list[used++];
    if (value === undefined) throw typeError('not enough arguments for format string');
    return value;
  };
  const count = (given: string | undefined): number | null =>
    given === undefined ? null : bounded(given === '*' ? Number(numeric(take()) ?? 0) : Number(given));
  const result = text.replace(PERCENT, (...match: unknown[]) => {
    const groups = match.at(-1) as Record<string, string | undefined>;
    const { key, flags = '', type } = groups;
    if (type === undefined) throw new TemplateError('ValueError', 'incomplete format');
    if (type === '%') return '%';
    const width = count(groups['width']) ?? 0;
    const precision = count(groups['precision']);
    const value = key === undefined ? take() : member(args, key);
    if (key !== undefined) used = 1;
    const zero = flags.includes('0') && !flags.includes('-');
    const spec: Spec = {
      fill: zero ? '0' : ' ',
      align: flags.includes('-') ? '<' : zero ? '=' : '>',
      sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
      alternate: flags.includes('#'),
      width: Math.abs(width),
      comma: '',
      precision,
      type: type === 'i' || type === 'u' ? 'd' : type,
    };
    return percentOne(value, spec);
  });
  if (used < list.length && !(args instanceof Map))
    throw typeError('not all arguments converted during string formatting');
  return result;
}

function percentOne(value: Value, spec: Spec): string {
  if (spec.type === 's' || spec.type === 'r' || spec.type === 'a') {
    const text = spec.type === 's' ? str(value) : repr(value);
    return padded('', text.slice(0, spec.precision ?? undefined), {
      ...spec,
      fill: ' ',
      align: spec.align === '<' ? '<' : '>',
    });
  }
  if (spec.type === 'c')
    return padded('', typeof value === 'bigint' ? String.fromCodePoint(Number(value)) : toText(value), spec);
  const number = numeric(value);
  if (number === null) {
    const wanted = 'oxX'.includes(spec.type) ? 'an integer is required' : 'a real number is required';
    throw typeError(`%${spec.type} format: ${wanted}, not ${typeName(value)}`);
  }
  if (spec.type === 'd') {
    const whole = typeof number === 'bigint' ? number : BigInt(Math.trunc(number));
    return padded(...signed(spec, whole < 0n, absolute(whole).padStart(spec.precision ?? 0, '0')), spec);
  }
  return numberText(number, spec);
}

function member(args: Value, key: string): Value {
  if (!(args instanceof Map)) throw typeError('format requires a mapping');
  const value = args.get(key);
  if (value === undefined) throw new TemplateError('KeyError', `'${key}'`);
  return value;
}

const FIELD =
  /\{\{|\}\}|\{(?<name>[^{}!:.[]*)(?<path>(?:\.[^{}!:.[]+|\[[^\]]*\])*)(?:!(?<conversion>[rsa]))?(?::(?<spec>(?:[^{}]|\{[^{}]*\})*))?\}|[{}]/g;

/** `text.format(...)`. @param read an attribute or item of a value */
export function braceFormat(text: string, args: Args, read: (of: Value, name: string, item: boolean) => Value): string {
  let next = 0;
  const fill = (source: string): string =>
    source.replace(FIELD, (...match: unknown[]) => {
      const whole = String(match[0]);
      if (whole === '{{' || whole === '}}') return whole.slice(1);
      if (whole === '{' || whole === '}') {
        throw new TemplateError('ValueError', `Single '${whole}' encountered in format string`);
      }
      const { name = '', path = '', conversion, spec = '' } = match.at(-1) as Record<string, string | undefined>;
      let value = argument(args, name === '' ? String(next++) : name);
      for (const [, attribute, item] of path.matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
        value = read(value, attribute ?? item ?? '', attribute === undefined);
      }
      if (conversion !== undefined) value = conversion === 's' ? str(value) : repr(value);
      return formatValue(value, spec.includes('{') ? fill(spec) : spec);
    });
  return fill(text);
}

function argument({ list, named }: Args, name: string): Value {
  const value = /^\d+$/.test(name) ? list[Number(name)] : named.get(name);
  if (value !== undefined) return value;
  if (!/^\d+$/.test(name)) throw new TemplateError('KeyError', `'${name}'`);
  throw new TemplateError('IndexError', `Replacement index ${name} out of range for positional args tuple`);
}

const SPEC =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<alternate>#)?(?<zero>0)?(?<width>\d+)?(?<comma>[,_])?(?:\.(?<precision>\d+))?(?<type>[a-zA-Z%])?$/su;

/** `format(value, spec)`. */
export function formatValue(value: Value, text: string): string {
  const groups = SPEC.exec(text)?.groups;
  if (!groups)
    throw new TemplateError('ValueError', `Invalid format specifier '${text}' for object of type '${typeName(value)}'`);
  const number = typeof value === 'boolean' && groups['type'] === undefined ? null : numeric(value);
  const zero = groups['zero'] !== undefined;
  const spec: Spec = {
    fill: groups['fill'] ?? (zero ? '0' : ' '),
    align: (groups['align'] ?? (number === null ? '<' : zero ? '=' : '>')) as Spec['align'],
    sign: (groups['sign'] ?? '') as Spec['sign'],
    alternate: groups['alternate'] !== undefined,
    width: bounded(Number(groups['width'] ?? 0)),
    comma: (groups['comma'] ?? '') as Spec['comma'],
    precision: groups['precision'] === undefined ? null : bounded(Number(groups['precision'])),
    type: groups['type'] ?? '',
  };
  if (number !== null && spec.type !== 's') return numberText(number, spec);
  if (spec.type !== '' && spec.type !== 's') {
    throw new TemplateError('ValueError', `Unknown format code '${spec.type}' for object of type '${typeName(value)}'`);
  }
  return padded('', str(value).slice(0, spec.precision ?? undefined), spec);
}

function numberText(number: bigint | number, spec: Spec): string {
  const base = { d: 10, n: 10, '': 10, b: 2, o: 8, x: 16, X: 16 }[spec.type];
  if (typeof number === 'bigint' && base !== undefined && (spec.type !== '' || spec.precision === null)) {
    const digits = (number < 0n ? -number : number).toString(base);
    const prefix = spec.alternate && base !== 10 ? `0${spec.type}` : '';
    const cased = spec.type === 'X' ? digits.toUpperCase() : digits;
    return padded(...signed(spec, number < 0n, prefix + grouped(cased, spec.comma)), spec);
  }
  const value = Number(number);
  if ('bcoxX'.includes(spec.type) && spec.type !== '') {
    throw new TemplateError('ValueError', `Unknown format code '${spec.type}' for object of type 'float'`);
  }
  const negative = value < 0 || Object.is(value, -0);
  const text = floatDigits(Math.abs(value), spec);
  const [, whole = text, rest = ''] = /^(\d+)(.*)$/s.exec(text) ?? [];
  return padded(...signed(spec, negative, grouped(whole, spec.comma) + rest), spec);
}

function floatDigits(size: number, { type, precision, alternate }: Spec): string {
  if (!Number.isFinite(size)) return Number.isNaN(size) ? 'nan' : 'inf';
  const upper = (text: string): string => (/[A-Z]/.test(type) ? text.toUpperCase() : text);
  switch (type.toLowerCase()) {
    case 'f':
      return fixed(size, precision ?? 6);
    case '%':
      return `${fixed(size * 100, precision ?? 6)}%`;
    case 'e':
      return upper(pythonExponent(size.toExponential(precision ?? 6)));
    case 'g':
    case 'n':
      return upper(general(size, precision ?? 6, alternate));
    case '':
      return precision === null ? floatText(size) : general(size, precision, false).replace(/^\d+$/, '$&.0');
    default:
      throw new TemplateError('ValueError', `Unknown format code '${type}' for object of type 'float'`);
  }
}

/** The exact decimal value rounded half to even, which toFixed does for up to 100 digits below 1e21. */
function fixed(size: number, digits: number): string {
  if (size >= 1e21) return BigInt(size).toString() + (digits > 0 ? `.${'0'.repeat(digits)}` : '');
  const text = size.toFixed(Math.min(digits, 100));
  if (digits > 0 || size % 1 !== 0.5) return text;
  // exactly between two whole numbers: the even one
  const low = Math.floor(size);
  return String(low % 2 === 0 ? low : low + 1);
}

function general(size: number, digits: number, keepZeros: boolean): string {
  const precision = Math.max(1, Math.min(digits, 100));
  const exponent = size === 0 ? 0 : Number(size.toExponential(precision - 1).split('e')[1]);
  const plain = exponent >= -4 && exponent < precision;
  const text = plain ? fixed(size, precision - 1 - exponent) : size.toExponential(precision - 1);
  if (keepZeros || !text.includes('.')) return plain ? text : pythonExponent(text);
  const short = text.replace(/\.?0+(?=e|$)/, '');
  return plain ? short : pythonExponent(short);
}

function absolute(number: bigint): string {
  return String(number < 0n ? -number : number);
}

function grouped(digits: string, comma: string): string {
  return comma === '' ? digits : digits.replace(/\B(?=(\d{3})+$)/g, comma);
}

function signed({ sign }: Spec, negative: boolean, digits: string): [string, string] {
  return [negative ? '-' : sign === '-' ? '' : sign, digits];
}

// oxlint-disable-next-line typescript/consistent-return -- the switch is exhaustive
function padded(sign: string, body: string, { fill, align, width }: Spec): string {
  const missing = width - codePoints(sign + body).length;
  if (missing <= 0) return sign + body;
  const half = Math.floor(missing / 2);
  switch (align) {
    case '=':
      return sign + fill.repeat(missing) + body;
    case '<':
      return sign + body + fill.repeat(missing);
    case '^':
      return fill.repeat(half) + sign + body + fill.repeat(missing - half);
    case '>':
    case '':
      return fill.repeat(missing) + sign + body;
  }
}

function bounded(width: number): number {
  if (Math.abs(width) <= WIDTH_MAX) return width;
  throw new TemplateError('OverflowError', `a width of ${width} is too large`);
}
