/**
 * A JSON value as Python prints it: None, True, single quotes. What does not fit into the width is broken into one
 * item a line, as pprint does; keys keep their order.
 */
export function pythonText(value: unknown, width = 100): string {
  return write(value, width, '');
}

function write(value: unknown, width: number, indent: string): string {
  const flat = oneLine(value);
  if (flat.length + indent.length <= width || typeof value !== 'object' || value === null) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  const items = Array.isArray(value)
    ? value.map((item) => inner + write(item, width, inner))
    : Object.entries(value).map(([key, item]) => `${inner}${quote(key)}: ${write(item, width, inner)}`);
  return `${open}\n${items.join(',\n')}\n${indent}${close}`;
}

function oneLine(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quote(key)}: ${oneLine(item)}`)
      .join(', ')}}`;
  }
  throw new TypeError(`${typeof value} is not a JSON value`);
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Single quotes, unless the text has some and no double ones. Control characters are escaped. */
function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = mark;
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (c === mark) out += `\\${c}`;
    else if (c in ESCAPES) out += ESCAPES[c];
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else out += c;
  }
  return out + mark;
}
