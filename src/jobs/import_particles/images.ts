import { CsError, asCsError } from '../../base/errors.ts';
import type { Dataset } from '../../data/dataset.ts';
import { importSignature, type ImportLinks, type PathFinder } from '../../data/import-files.ts';
import { PIXEL_SIZE_UNSET, readMrcHeader, type MrcHeader } from '../../io/mrc.ts';
import type { ParticleTable } from './table.ts';

interface Stack {
  /** absolute */
  path: string;
  header: MrcHeader;
  link: string;
  signature: bigint;
}

export interface ImageImport {
  /** rows whose image is there */
  rows: number[];
  stacks: number;
  box_px: number;
  warnings: string[];
}

/**
 * Find, check and link the image file of each row, and fill the columns of `blob`. A stack or row that does not fit
 * is reported to `skip` and left out: missing file, bad header, image number beyond the end, another box than that
 * of the first stack, images that are not square.
 *
 * @param cut characters to cut from the start and end of each path
 */
export function importImages(
  table: ParticleTable,
  finder: PathFinder,
  links: ImportLinks,
  cut: { prefix: number; suffix: number },
  skip: (item: string, error: CsError) => void,
): ImageImport {
  const { dataset, faults } = table;
  const stacks = new Map<string, Stack | null>();
  const rows: number[] = [];
  const warnings = new Set<string>();
  const lost = new Map<string, { error: CsError; count: number }>();
  let box_px = 0;
  const names = dataset.text('blob/path');
  for (let row = 0; row < dataset.length; row++) {
    const name = names[row];
    const fault = faults.get(row);
    if (fault) {
      skip(`particle ${row + 1}`, fault);
      continue;
    }
    let stack = stacks.get(name);
    if (stack === undefined) {
      try {
        stack = openStack(cutPath(name, cut), finder, links, box_px);
        box_px ||= stack.header.nx;
        for (const warning of stack.header.warnings) if (warning !== PIXEL_SIZE_UNSET) warnings.add(warning);
      } catch (error) {
        const reason = asCsError(error);
        if (reason.kind !== 'input') throw error;
        lost.set(name, { error: reason, count: 0 });
        stack = null;
      }
      stacks.set(name, stack);
    }
    if (stack === null) {
      const entry = lost.get(name);
      if (entry) entry.count++;
      continue;
    }
    const error = fillRow(dataset, row, stack, warnings);
    if (error) skip(`particle ${row + 1}`, error);
    else rows.push(row);
  }
  for (const [name, { error, count }] of lost) {
    const counted = new CsError(
      error.kind,
      error.code,
      `${error.message} ${count === 1 ? '1 particle is' : `${count} particles are`} left out.`,
      error.details,
      error,
    );
    skip(name, counted);
  }
  const used = new Set(rows.map((row) => dataset.text('blob/path')[row]));
  return { rows, stacks: used.size, box_px, warnings: [...warnings] };
}

/** A leading `>` marks shared files in datasets and is no part of the path. */
function cutPath(name: string, cut: { prefix: number; suffix: number }): string {
  const plain = name.replace(/^>/, '');
  return plain.slice(cut.prefix, plain.length - cut.suffix);
}

function openStack(name: string, finder: PathFinder, links: ImportLinks, box_px: number): Stack {
  const path = finder.find(name);
  if (path === null) {
    const message = `Particle stack ${name} is not there; searched below ${finder.searched}.`;
    throw new CsError('input', 'CS_FILE_MISSING', message, { path: name });
  }
  const header = readMrcHeader(path);
  if (header.nx !== header.ny) {
    const message = `Particle stack ${path}: images are ${header.nx} × ${header.ny} px, wanted square ones.`;
    throw new CsError('input', 'CS_STACK_BOX', message, { path, nx: header.nx, ny: header.ny });
  }
  if (box_px > 0 && header.nx !== box_px) {
    const message = `Particle stack ${path}: box is ${header.nx} px, wanted ${box_px} px as in the first stack.`;
    throw new CsError('input', 'CS_STACK_BOX', message, { path, box_px: header.nx, wanted_px: box_px });
  }
  return { path, header, link: links.add(path), signature: importSignature(path) };
}

function fillRow(dataset: Dataset, row: number, stack: Stack, warnings: Set<string>): CsError | null {
  const { header, path } = stack;
  const index = dataset.u4('blob/idx')[row];
  if (index >= header.sectionsPresent) {
    const message = `Particle stack ${path}: image ${index + 1} was asked for, it has ${header.sectionsPresent}.`;
    return new CsError('input', 'CS_STACK_INDEX', message, { path, image: index + 1, images: header.sectionsPresent });
  }
  const psize_A = dataset.f4('blob/psize_A');
  if (psize_A[row] === 0) {
    psize_A[row] = header.psize_A;
    // many programs write 1 where they do not know
    if (header.psize_A === 1) warnings.add('the pixel size of 1 Å comes from their headers and may be unset');
  }
  if (psize_A[row] === 0) {
    const message = `Particle stack ${path}: neither the table nor the header tells the pixel size; give the parameter psize_A.`;
    return new CsError('input', 'CS_PIXEL_SIZE', message, { path });
  }
  for (const slot of ['alignments3D', 'alignments2D']) {
    if (!dataset.has(`${slot}/psize_A`)) continue;
    const aligned = dataset.f4(`${slot}/psize_A`);
    if (aligned[row] === 0) aligned[row] = psize_A[row];
  }
  dataset.text('blob/path')[row] = stack.link;
  dataset.u4('blob/shape').set([header.ny, header.nx], 2 * row);
  dataset.u8('blob/import_sig')[row] = stack.signature;
  return null;
}
