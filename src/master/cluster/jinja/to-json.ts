import { typeError } from './errors.ts';
import { floatText, str } from './python-text.ts';
import { itemsOf, numeric, toIndex, Tuple, typeName, type Value } from './values.ts';

/** `json.dumps` as the filter tojson does it: keys sorted, and nothing that HTML would take for a tag. */
export function toJson(value: Value, indent: Value): string {
  const step =
    indent === null ? null : typeof indent === 'string' ? indent : ' '.repeat(Math.min(100, toIndex(indent)));
  const marks: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', "'": '\\u0027' };
  return write(value, step, '\n').replace(/[<>&']/g, (mark) => marks[mark] ?? mark);
}

function write(value: Value, step: string | null, margin: string): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return floatText(value).replace('inf', 'Infinity').replace('nan', 'NaN');
  if (numeric(value) !== null) return str(value);
  if (typeof value === 'string') return asciiJson(value);
  const inner = step === null ? '' : margin + step;
  const join = (parts: string[], open: string, close: string): string => {
    if (parts.length === 0) return open + close;
    return step === null ? open + parts.join(', ') + close : open + inner + parts.join(`,${inner}`) + margin + close;
  };
  if (Array.isArray(value) || value instanceof Tuple) {
    return join(
      itemsOf(value).map((item) => write(item, step, inner)),
      '[',
      ']',
    );
  }
  if (!(value instanceof Map)) throw typeError(`Object of type ${typeName(value)} is not JSON serializable`);
  const pairs = [...value].map(([key, item]) => [typeof key === 'string' ? key : write(key, null, ''), item] as const);
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return join(
    pairs.map(([key, item]) => `${asciiJson(key)}: ${write(item, step, inner)}`),
    '{',
    '}',
  );
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
