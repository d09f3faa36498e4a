import { asCsError } from '../../base/errors.ts';
import type { PathFinder } from '../../data/import-files.ts';
import { readMrcHeader, type MrcHeader } from '../../io/mrc.ts';
import type { ParticleTable } from './table.ts';

/**
 * Fill the slot `location` from a RELION table's coordinates, where the micrographs can be found: their sizes turn
 * pixels into fractions. Fractions count from the bottom left, RELION's rows from the top, so that y is 1 − row/ny.
 * All rows or none: a table that knows only some positions would mislead.
 *
 * @returns a remark for the log
 */
export function fillLocation(table: ParticleTable, finder: PathFinder): string {
  const { coordinates, dataset } = table;
  if (!coordinates) return '';
  const headers = new Map<string, MrcHeader>();
  for (const name of new Set(coordinates.micrographs)) {
    const path = finder.find(name);
    try {
      if (path !== null) headers.set(name, readMrcHeader(path));
    } catch (error) {
      if (asCsError(error).kind !== 'input') throw error;
    }
    if (!headers.has(name)) {
      return `Locations are left out: the size of micrograph ${name} is needed, and its file ${path === null ? 'is not there' : 'cannot be read'}.`;
    }
  }
  dataset.addSlot('location');
  const [x_frac, y_frac] = [dataset.f4('location/center_x_frac'), dataset.f4('location/center_y_frac')];
  coordinates.micrographs.forEach((name, row) => {
    const header = headers.get(name);
    if (!header) return;
    dataset.text('location/micrograph_path')[row] = finder.find(name) ?? name;
    dataset.u4('location/micrograph_shape').set([header.ny, header.nx], 2 * row);
    dataset.f4('location/micrograph_psize_A')[row] = coordinates.psize_A?.[row] ?? header.psize_A;
    x_frac[row] = coordinates.x_px[row] / header.nx;
    y_frac[row] = 1 - coordinates.y_px[row] / header.ny;
  });
  return `Locations on ${headers.size} micrographs were taken over.`;
}
