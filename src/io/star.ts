import { readFileSync } from 'node:fs';
import { CsError } from '../base/errors.ts';
import { writeFileAtomic } from '../host/fs-atomic.ts';
import { fileError } from '../host/fs-errors.ts';
import { StarScanner, type StarToken } from './star-scanner.ts';

/**
 * One block of a STAR file: columns by label without the leading underscore (`rlnImageName`), all of the same
 * length. A block of single values is a table of one row.
 */
export interface StarBlock {
  columns: Map<string, string[]>;
  length: number;
}

/** Blocks by name without `data_` (`optics`, `particles`, '' for a bare `data_`), in the file's order. */
export type StarFile = Map<string, StarBlock>;

/**
 * Read a STAR file: loops and single values, several blocks, comments, quoted and multi-line texts.
 * @throws CsError `CS_STAR_FORMAT` naming file and line, `CS_FILE_MISSING`, `CS_FILE_ACCESS`
 */
export function readStar(path: string): StarFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileError(error, 'STAR file', path);
  }
  return parseStar(text, path);
}

/** Parse the text of a STAR file; of blocks with the same name the later ones get a suffix: `particles_2`. */
export function parseStar(text: string, path = 'STAR text'): StarFile {
  const scanner = new StarScanner(text, path);
  const file: StarFile = new Map();
  let block: StarBlock | null = null;
  let token = scanner.next();
  while (token) {
    if (token.kind === 'data') {
      block = { columns: new Map(), length: 0 };
      file.set(freeName(file, token.text), block);
      token = scanner.next();
    } else if (!block) {
      throw scanner.error(token, 'a block that begins with data_');
    } else if (token.kind === 'loop') {
      token = readLoop(scanner, block, token);
    } else if (token.kind === 'label') {
      token = readPair(scanner, block, token);
    } else {
      throw scanner.error(token, 'a label that begins with _, loop_ or data_');
    }
  }
  if (file.size === 0) {
    throw new CsError(
      'input',
      'CS_STAR_FORMAT',
      `STAR file ${path} has no block: it must hold a line that begins with data_.`,
      { path },
    );
  }
  return file;
}

function freeName(file: StarFile, name: string): string {
  let free = name;
  for (let n = 2; file.has(free); n++) free = `${name}_${n}`;
  return free;
}

function addColumn(scanner: StarScanner, block: StarBlock, label: StarToken): string[] {
  if (block.columns.has(label.text)) throw scanner.error(label, `each label once in a block`);
  const column: string[] = [];
  block.columns.set(label.text, column);
  return column;
}

function readLoop(scanner: StarScanner, block: StarBlock, loop: StarToken): StarToken | null {
  if (block.columns.size > 0) throw scanner.error(loop, 'one loop, or single values, in a block');
  const columns: string[][] = [];
  let token = scanner.next();
  for (; token?.kind === 'label'; token = scanner.next()) columns.push(addColumn(scanner, block, token));
  if (columns.length === 0) throw scanner.error(token ?? loop, 'labels after loop_');
  let count = 0;
  let first = loop;
  for (; token?.kind === 'value'; token = scanner.next(), count++) {
    const at = count % columns.length;
    if (at === 0) first = token;
    columns[at].push(token.text);
  }
  const rest = count % columns.length;
  if (rest !== 0)
    throw scanner.error(first, `rows of ${columns.length} values, the last one has ${rest}`, 'a loop whose last row');
  block.length = count / columns.length;
  return token;
}

function readPair(scanner: StarScanner, block: StarBlock, label: StarToken): StarToken | null {
  const value = scanner.next();
  if (value?.kind !== 'value') throw scanner.error(value ?? label, `a value of _${label.text}`);
  if (block.length > 1) throw scanner.error(label, 'one loop, or single values, in a block');
  addColumn(scanner, block, label).push(value.text);
  block.length = 1;
  return scanner.next();
}

function quote(value: string): string {
  if (value !== '' && !/[\s'"]|^[#_;]|^(data_|loop_|save_|global_|stop_)/i.test(value)) return value;
  if (value.includes('\n'))
    throw new CsError('bug', 'CS_STAR_FORMAT', 'A STAR value of several lines cannot be written.');
  // inside quotes, a quote followed by a space would end the text
  return /"(\s|$)/.test(value) ? `'${value}'` : `"${value}"`;
}

/**
 * Write a STAR file in RELION's form; blocks become loops, columns are padded so that they stand below each other.
 * @param blocks labels without underscore, values as text
 */
export function writeStar(path: string, blocks: StarFile): void {
  const lines: string[] = [];
  for (const [name, { columns, length }] of blocks) {
    lines.push('', '# version 30001', '', `data_${name}`, '', 'loop_');
    [...columns.keys()].forEach((label, i) => lines.push(`_${label} #${i + 1}`));
    const texts = [...columns.values()].map((values) => values.map(quote));
    const widths = texts.map((values) => values.reduce((most, value) => Math.max(most, value.length), 12));
    for (let row = 0; row < length; row++) {
      lines.push(texts.map((values, i) => values[row].padStart(widths[i])).join(' '));
    }
    lines.push('');
  }
  writeFileAtomic(path, `${lines.join('\n')}\n`);
}
