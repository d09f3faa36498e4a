import type { Scatterer } from './density.ts';

/** One atom of a model, as files of atomic models describe it; position in Å. */
export interface Atom extends Scatterer {
  readonly occupancy: number;
  /** name within its residue: CA, OG1 */
  readonly name: string;
  readonly residue: string;
  readonly residue_number: number;
  readonly chain: string;
}
