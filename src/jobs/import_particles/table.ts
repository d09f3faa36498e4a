import type { CsError } from '../../base/errors.ts';
import type { Dataset } from '../../data/dataset.ts';

/** Particles as a table or bare stacks give them, before the image files are looked at. */
export interface ParticleTable {
  /**
   * `blob/path` as the table writes it, `blob/idx` from 0, `blob/psize_A` 0 where the stack's header is to tell;
   * other slots complete
   */
  dataset: Dataset;
  /** rows that cannot be used, with the reason */
  faults: Map<number, CsError>;
  /** remarks for the log */
  notes: string[];
  /** positions in RELION's pixels, row counted as the picture is stored; null when the table has none */
  coordinates: {
    x_px: Float64Array;
    y_px: Float64Array;
    micrographs: readonly string[];
    psize_A: Float64Array | null;
  } | null;
}
