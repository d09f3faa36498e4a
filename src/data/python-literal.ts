/** A value of Python's literal syntax: tuples and lists become arrays, `None` null. */
export type PythonValue = string | number | boolean | null | PythonValue[] | { [key: string]: PythonValue };

/**
 * Read one Python literal (dict with text keys, list, tuple, string, integer, float, True, False, None), the
 * syntax of a `.npy` header.
 * @throws SyntaxError with the position of what does not fit
 */
export function parsePythonLiteral(text: string): PythonValue {
  let at = 0;

  const fail = (wanted: string): never => {
    throw new SyntaxError(`found ${JSON.stringify(text.slice(at, at + 20))} at character ${at}, wanted ${wanted}`);
  };
  const space = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at])) at++;
  };
  const accept = (token: string): boolean => {
    space();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };

  function sequence(close: string): PythonValue[] {
    const items: PythonValue[] = [];
    while (!accept(close)) {
      items.push(value());
      if (!accept(',')) {
        if (!accept(close)) fail(`"," or "${close}"`);
        break;
      }
    }
    return items;
  }

  function dictionary(): PythonValue {
    const entries: [string, PythonValue][] = [];
    while (!accept('}')) {
      const key = value();
      if (typeof key !== 'string' || !accept(':')) return fail('a text key and ":"');
      entries.push([key, value()]);
      if (!accept(',')) {
        if (!accept('}')) fail('"," or "}"');
        break;
      }
    }
    return Object.fromEntries(entries);
  }

  function string(quote: string): string {
    const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };
    let out = '';
    for (; text[at] !== quote; at++) {
      if (at >= text.length) fail(`the closing ${quote}`);
      if (text[at] !== '\\') {
        out += text[at];
        continue;
      }
      const code = /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(at, at + 6));
      const escaped = ESCAPES[text[at + 1] ?? ''];
      if (code) {
        out += String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16));
        at += code[0].length - 1;
      } else if (escaped !== undefined) {
        out += escaped;
        at++;
      } else {
        fail('a known escape');
      }
    }
    at++;
    return out;
  }

  function value(): PythonValue {
    if (accept('{')) return dictionary();
    if (accept('[')) return sequence(']');
    if (accept('(')) {
      const items = sequence(')');
      // (x) is x itself; only a comma makes a tuple
      const single = items.length === 1 && !/,\s*\)$/.test(text.slice(Math.max(0, at - 16), at));
      return single ? items[0] : items;
    }
    for (const [word, meaning] of [
      ['True', true],
      ['False', false],
      ['None', null],
    ] as const) {
      if (accept(word)) return meaning;
    }
    if (accept("'")) return string("'");
    if (accept('"')) return string('"');
    const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i.exec(text.slice(at, at + 64));
    if (!number) return fail('a value');
    at += number[0].length;
    accept('L'); // integers of files written by Python 2
    return Number(number[0]);
  }

  const result = value();
  space();
  if (at < text.length) fail('the end');
  return result;
}
