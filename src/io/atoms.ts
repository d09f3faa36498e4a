import { gunzipSync } from 'node:zlib';
import { CsError } from '../base/errors.ts';
import { writeFileAtomic } from '../host/fs-atomic.ts';
import { InputFile } from '../host/fs-read.ts';
import type { Atom } from '../math/atom.ts';
import { parseCifAtoms } from './cif-atoms.ts';

/** Molecules of the solvent: a projection image has them in its background. */
const WATER = new Set(['HOH', 'WAT', 'DOD', 'H2O']);

/**
 * Atoms of the first model of a PDB or mmCIF file (`.gz` too), without water. Positions in Å as they stand: no
 * assembly is built.
 * @throws CsError `input` `CS_ATOMS_FORMAT` naming the line, `CS_ATOMS_NONE` for a file without atoms, `CS_FILE_MISSING` …
 */
export function readAtoms(path: string): Atom[] {
  const text = readText(path);
  const isCif = /^(data_|#|loop_)/.test(text.trimStart());
  const atoms = (isCif ? parseCifAtoms(text, path) : parsePdb(text, path)).filter((atom) => !WATER.has(atom.residue));
  if (atoms.length > 0) return atoms;
  const message = `Atomic model ${path} has no atoms: wanted ATOM or HETATM records of a PDB file, or the _atom_site loop of an mmCIF file.`;
  throw new CsError('input', 'CS_ATOMS_NONE', message, { path });
}

function readText(path: string): string {
  const file = new InputFile(path, 'Atomic model');
  try {
    const bytes = file.read(0, file.size);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('latin1');
  } catch (error) {
    if (error instanceof CsError) throw error;
    const message = `Atomic model ${path}: its gzip compression is damaged or cut off (${(error as Error).message}).`;
    throw new CsError('input', 'CS_ATOMS_FORMAT', message, { path }, error);
  } finally {
    file.close();
  }
}

/**
 * Atoms of the first model of a PDB file's text: fixed columns of ATOM and HETATM records.
 * See https://www.wwpdb.org/documentation/file-format-content/format33/sect9.html
 */
export function parsePdb(text: string, path = 'PDB text'): Atom[] {
  const atoms: Atom[] = [];
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i];
    if (line.startsWith('ENDMDL')) break;
    if (!line.startsWith('ATOM') && !line.startsWith('HETATM')) continue;
    const number = (what: string, first: number, last: number, missing?: number): number => {
      const field = line.slice(first - 1, last).trim();
      if (field === '' && missing !== undefined) return missing;
      const value = Number(field);
      if (field !== '' && Number.isFinite(value)) return value;
      const message = `Atomic model ${path}, line ${i + 1}: ${what} (columns ${first} to ${last}) is "${field}", wanted a number.`;
      throw new CsError('input', 'CS_ATOMS_FORMAT', message, { path, line: i + 1 });
    };
    // columns 13 and 14 hold the symbol, right-justified, where the element's own columns are empty
    const symbol = line.slice(76, 78).trim() || line.slice(12, 14).replace(/[^A-Za-z]/g, '');
    const name = line.slice(12, 16).trim();
    atoms.push({
      x: number('x', 31, 38),
      y: number('y', 39, 46),
      z: number('z', 47, 54),
      occupancy: number('the occupancy', 55, 60, 1),
      b_A2: number('the B factor', 61, 66, 0),
      element: elementOf(symbol, name),
      name,
      residue: line.slice(17, 20).trim(),
      chain: line.slice(20, 22).trim(),
      // beyond 9999 files count in letters or stars
      residue_number: Number.parseInt(line.slice(22, 26), 10) || 0,
    });
  }
  return atoms;
}

/** Deuterium scatters as hydrogen; `HG`, `HE` … of a hydrogen's four-letter name are no symbols. */
function elementOf(symbol: string, name: string): string {
  const element = symbol.toUpperCase();
  if (element === 'D' || (/^H[BDEGHZ]?$/.test(element) && name.length === 4)) return 'H';
  return element;
}

/**
 * Write a PDB file. Serial numbers beyond 99999 and residue numbers beyond 9999 start over, as the columns demand.
 * @param title text of the TITLE record
 * @throws CsError `CS_ATOMS_FORMAT` for a position that the columns cannot hold, `CS_DISK_FULL` …
 */
export function writePdb(path: string, atoms: readonly Atom[], title: string): void {
  const lines = [`TITLE     ${title}`.padEnd(80)];
  let previous = atoms[0]?.chain;
  atoms.forEach((atom, i) => {
    if (atom.chain !== previous) lines.push('TER'.padEnd(80));
    previous = atom.chain;
    lines.push(pdbLine(atom, i, path));
  });
  lines.push('TER'.padEnd(80), 'END'.padEnd(80), '');
  writeFileAtomic(path, lines.join('\n'));
}

function pdbLine(atom: Atom, index: number, path: string): string {
  const position = [atom.x, atom.y, atom.z].map((value) => value.toFixed(3).padStart(8)).join('');
  if (position.length !== 24) {
    const message = `Atomic model ${path}: atom ${index + 1} lies at ${atom.x}, ${atom.y}, ${atom.z} Å, a PDB file holds -999 to 9999.`;
    throw new CsError('input', 'CS_ATOMS_FORMAT', message, { path });
  }
  const name = atom.element.length === 1 && atom.name.length < 4 ? ` ${atom.name}` : atom.name;
  return [
    'ATOM  ',
    String((index % 99_999) + 1).padStart(5),
    ' ',
    name.padEnd(4).slice(0, 4),
    ' ',
    atom.residue.padStart(3).slice(0, 3),
    atom.chain.slice(0, 2).padStart(2),
    String(atom.residue_number % 10_000).padStart(4),
    '    ',
    position,
    atom.occupancy.toFixed(2).padStart(6),
    Math.min(999, atom.b_A2).toFixed(2).padStart(6),
    ' '.repeat(10),
    atom.element.padStart(2),
    '  ',
  ].join('');
}
