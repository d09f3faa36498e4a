import { CsError } from '../base/errors.ts';
import type { Atom } from '../math/atom.ts';
import { StarScanner, type StarToken } from './star-scanner.ts';

const CATEGORY = 'atom_site.';
const NECESSARY = ['Cartn_x', 'Cartn_y', 'Cartn_z', 'type_symbol'];

/**
 * Atoms of the first model of an mmCIF file's text, from its `_atom_site` loop; other categories are passed over.
 * See https://mmcif.wwpdb.org/dictionaries/mmcif_pdbx_v50.dic/Categories/atom_site.html
 * @throws CsError `input` `CS_ATOMS_FORMAT` naming line and item, `CS_STAR_FORMAT`
 */
export function parseCifAtoms(text: string, path: string): Atom[] {
  const scanner = new StarScanner(text, path);
  for (let token = scanner.next(); token; ) {
    if (token.kind !== 'loop') {
      token = scanner.next();
      continue;
    }
    const items: string[] = [];
    for (token = scanner.next(); token?.kind === 'label'; token = scanner.next()) items.push(token.text);
    if (!items[0]?.startsWith(CATEGORY)) continue;
    const at = new Map(items.map((item, i) => [item.slice(CATEGORY.length), i]));
    for (const item of NECESSARY) {
      if (at.has(item)) continue;
      const message = `Atomic model ${path}: its _atom_site loop has no item ${item}.`;
      throw new CsError('input', 'CS_ATOMS_FORMAT', message, { path, item });
    }
    return readRows(scanner, token, at, path);
  }
  return [];
}

function readRows(
  scanner: StarScanner,
  first: StarToken | null,
  at: ReadonlyMap<string, number>,
  path: string,
): Atom[] {
  const atoms: Atom[] = [];
  const row: string[] = [];
  let model: string | undefined;
  for (let token = first; token?.kind === 'value'; token = scanner.next()) {
    row.push(token.text);
    if (row.length < at.size) continue;
    // an item in several notations: the first that is there and has a value
    const value = (...items: string[]): string => {
      const known = items.map((item) => row[at.get(item) ?? -1]).find((text) => text && text !== '.' && text !== '?');
      return known ?? '';
    };
    const { line } = token;
    const number = (item: string, missing?: number): number => {
      const field = value(item);
      // 1.234(5) is a value with its standard uncertainty
      const result = field === '' ? (missing ?? Number.NaN) : Number(field.replace(/\(\d+\)$/, ''));
      if (Number.isFinite(result)) return result;
      const message = `Atomic model ${path}, line ${line}: ${item} is "${field}", wanted a number.`;
      throw new CsError('input', 'CS_ATOMS_FORMAT', message, { path, line });
    };
    model ??= value('pdbx_PDB_model_num');
    if (value('pdbx_PDB_model_num') !== model) break;
    const element = value('type_symbol').toUpperCase();
    atoms.push({
      x: number('Cartn_x'),
      y: number('Cartn_y'),
      z: number('Cartn_z'),
      occupancy: number('occupancy', 1),
      b_A2: number('B_iso_or_equiv', 0),
      element: element === 'D' ? 'H' : element,
      name: value('auth_atom_id', 'label_atom_id'),
      residue: value('auth_comp_id', 'label_comp_id'),
      residue_number: number('auth_seq_id', 0),
      chain: value('auth_asym_id', 'label_asym_id'),
    });
    row.length = 0;
  }
  return atoms;
}
