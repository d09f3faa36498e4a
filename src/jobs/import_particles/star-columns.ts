import { CsError } from '../../base/errors.ts';
import { readStar, type StarBlock, type StarFile } from '../../io/star.ts';
import { missingLabel } from './optics.ts';

/**
 * The particle table of a STAR file, with values of the optics table (RELION 3.1 and later) looked up by
 * `_rlnOpticsGroup` as if they stood in each row.
 */
export class StarParticles {
  readonly path: string;
  readonly length: number;
  private readonly particles: StarBlock;
  private readonly optics: StarBlock | null;
  /** row of the optics table of each particle */
  private readonly opticsRow: Int32Array | null;

  /** @throws CsError `CS_STAR_FORMAT`, `CS_STAR_LABEL`, `CS_STAR_OPTICS` */
  constructor(path: string) {
    const file = readStar(path);
    this.path = path;
    this.particles = particleBlock(file, path);
    this.length = this.particles.length;
    this.optics = file.get('optics') ?? null;
    this.opticsRow = this.optics ? this.matchOptics(this.optics) : null;
  }

  has(label: string): boolean {
    return this.particles.columns.has(label) || (this.optics?.columns.has(label) ?? false);
  }

  /** Values of a label by row, from the particles, else from their optics groups; null when there is none. */
  text(label: string): readonly string[] | null {
    const own = this.particles.columns.get(label);
    if (own) return own;
    const shared = this.optics?.columns.get(label);
    if (!shared || !this.opticsRow) return null;
    return Array.from(this.opticsRow, (row) => shared[row]);
  }

  /** Numbers of a label by row, NaN where the text is not one; null when there is no such column. */
  numbers(label: string): Float64Array | null {
    const texts = this.text(label);
    return texts && Float64Array.from(texts, (value) => (value.trim() === '' ? Number.NaN : Number(value)));
  }

  /** Numbers of the first of several labels that is there. @throws CsError `CS_STAR_LABEL` when none is */
  required(labels: readonly string[], why: string): Float64Array {
    for (const label of labels) {
      const values = this.numbers(label);
      if (values) return values;
    }
    throw missingLabel(this.path, labels, why);
  }

  private matchOptics(optics: StarBlock): Int32Array {
    const groups = optics.columns.get('rlnOpticsGroup');
    if (!groups) throw missingLabel(this.path, ['rlnOpticsGroup'], 'its optics table needs it');
    const rows = this.particles.columns.get('rlnOpticsGroup');
    if (!rows && optics.length === 1) return new Int32Array(this.length);
    if (!rows) throw missingLabel(this.path, ['rlnOpticsGroup'], 'its particles belong to several optics groups');
    const rowOf = new Map(groups.map((group, row) => [Number(group), row]));
    return Int32Array.from(rows, (group, row) => {
      const found = rowOf.get(Number(group));
      if (found !== undefined) return found;
      const message = `STAR file ${this.path}: particle ${row + 1} is of optics group ${group}, the optics table has ${groups.join(', ')}.`;
      throw new CsError('input', 'CS_STAR_OPTICS', message, { path: this.path, group });
    });
  }
}

function particleBlock(file: StarFile, path: string): StarBlock {
  for (const block of file.values()) if (block.columns.has('rlnImageName')) return block;
  const named = file.get('particles') ?? file.get('images');
  const found = named ? [...named.columns.keys()].map((label) => `_${label}`).join(', ') : 'no table of particles';
  throw missingLabel(path, ['rlnImageName'], `it names the image of each particle; found ${found}`);
}
