import { readFileSync } from 'node:fs';
import { CsError } from '../base/errors.ts';
import { fileError } from '../host/fs-errors.ts';

/** One section of a SerialEM metadata file (`.mdoc`): `[ZValue = 0]`, `[FrameSet = 0]`, and the lines below it. */
export interface MdocSection {
  /** `ZValue`, `FrameSet`, `MontSection` … */
  readonly type: string;
  readonly name: string;
  readonly fields: ReadonlyMap<string, string>;
}

export interface Mdoc {
  /** fields before the first section */
  readonly globals: ReadonlyMap<string, string>;
  /** titles, the lines `[T = …]` or `T = …` */
  readonly titles: readonly string[];
  readonly sections: readonly MdocSection[];
}

const MAX_BYTES = 64 << 20;

/** Read a file. @throws CsError `CS_MDOC_FORMAT` naming file and line, `CS_FILE_MISSING` … */
export function readMdoc(path: string): Mdoc {
  return parseMdoc(readText(path, 'Metadata file'), path);
}

/** Text of a small file in UTF-8 or, with a byte-order mark, UTF-16. @throws CsError `CS_FILE_SIZE` beyond 64 MB, `CS_FILE_MISSING` … */
export function readText(path: string, what: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw fileError(error, what, path);
  }
  if (bytes.length <= MAX_BYTES) {
    const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
    return bytes.toString(wide ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
  }
  const message = `${what} ${path} has ${bytes.length} bytes, wanted at most ${MAX_BYTES}.`;
  throw new CsError('input', 'CS_FILE_SIZE', message, { path, field: 'size' });
}

/** @param path the file's name, for messages */
export function parseMdoc(text: string, path: string): Mdoc {
  const globals = new Map<string, string>();
  const titles: string[] = [];
  const sections: (MdocSection & { fields: Map<string, string> })[] = [];
  const lines = text.split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const bracketed = trimmed.startsWith('[');
    const body = bracketed ? trimmed.replace(/^\[/, '').replace(/\]$/, '') : trimmed;
    const at = body.indexOf('=');
    if (at < 1 || (bracketed && !trimmed.endsWith(']'))) {
      const message = `Metadata file ${path}: line ${i + 1} is ${JSON.stringify(trimmed.slice(0, 80))}, wanted "key = value" or "[type = name]".`;
      throw new CsError('input', 'CS_MDOC_FORMAT', message, { path, field: `line ${i + 1}` });
    }
    const [key, value] = [body.slice(0, at).trim(), body.slice(at + 1).trim()];
    if (key === 'T') titles.push(value);
    else if (bracketed) sections.push({ type: key, name: value, fields: new Map() });
    else (sections.at(-1)?.fields ?? globals).set(key, value);
  }
  return { globals, titles, sections };
}

/** Numbers of a field, or null where it is absent or not all numbers. */
export function mdocNumbers(fields: ReadonlyMap<string, string>, key: string): number[] | null {
  const words = fields.get(key)?.split(/\s+/).filter(Boolean) ?? [];
  const numbers = words.map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : null;
}
