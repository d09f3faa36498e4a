import { CsError } from '../base/errors.ts';
import { EER_CODINGS, EER_VARIABLE, addElectrons, type EerCoding } from './eer-codec.ts';
import { TiffReader } from './tiff.ts';
import { refuseTiff } from './tiff-directory.ts';

/** How an electron-event movie is made into frames. */
export interface EerOptions {
  /** grid points per detector pixel along each axis */
  readonly upsampling: 1 | 2 | 4;
  /** fractions into which the raw frames are summed, count */
  readonly fractions: number;
}

const MAX_SIDE = 16384;

/** An EER movie: a TIFF file of thousands of raw frames, each a list of electrons, given as a few summed fractions. */
export class EerReader {
  readonly path: string;
  /** fractions, rows, columns of what is read */
  readonly shape: readonly [number, number, number];
  /** raw frames in the file, count */
  readonly rawFrames: number;
  private readonly tiff: TiffReader;
  private readonly upsampling: 1 | 2 | 4;
  private readonly width: number;
  private readonly height: number;
  /** index of the first page of electrons; a sum of the movie may come before */
  private readonly firstPage: number;

  /** @throws CsError kind input naming file and field */
  constructor(path: string, options: EerOptions) {
    this.path = path;
    this.upsampling = options.upsampling;
    this.tiff = new TiffReader(path);
    try {
      this.firstPage = isElectrons(this.tiff.directory(0).number('Compression', 1)) ? 0 : 1;
      this.rawFrames = this.tiff.length - this.firstPage;
      if (this.rawFrames < 1) throw refuseTiff(path, 'Compression', 1, '65000, 65001 or 65002 (electron events)');
      const { coding, width, height, counts } = this.format(this.firstPage);
      const stored = counts.reduce((sum, count) => sum + count, 0);
      // each entry leads at most one longest run further
      if (!((stored * 8 * 2 ** coding.runBits) / coding.runBits >= width * height)) {
        const found = `${width} × ${height} px from ${stored} bytes`;
        throw refuseTiff(path, 'ImageWidth × ImageLength', found, 'no more pixels than the runs of the frame can span');
      }
      this.width = width;
      this.height = height;
      const fractions = Math.min(options.fractions, this.rawFrames);
      if (!Number.isInteger(fractions) || fractions < 1) {
        const message = `EER file ${path}: ${options.fractions} fractions were asked for, wanted at least 1.`;
        throw new CsError('input', 'CS_EER_FRACTIONS', message, { path, field: 'fractions' });
      }
      this.shape = [fractions, height * options.upsampling, width * options.upsampling];
    } catch (error) {
      this.tiff.close();
      throw error;
    }
  }

  /**
   * Raw frames of a fraction, first and behind the last. All frames are used: fractions differ by at most one frame.
   * @param fraction index, from 0
   */
  framesOf(fraction: number): [number, number] {
    const edge = (i: number): number => Math.floor((i * this.rawFrames) / this.shape[0]);
    return [edge(fraction), edge(fraction + 1)];
  }

  /**
   * Counts of one fraction.
   * @param fraction index, from 0
   * @param out memory for rows × columns values, overwritten
   * @throws CsError `CS_EER_DATA` naming file and frame
   */
  readFraction(fraction: number, out: Float32Array): Float32Array {
    out.fill(0);
    const [first, end] = this.framesOf(fraction);
    for (let frame = first; frame < end; frame++) this.addFrame(frame, out);
    return out;
  }

  close(): void {
    this.tiff.close();
  }

  private addFrame(frame: number, out: Float32Array): void {
    const page = this.firstPage + frame;
    const { coding, offsets, counts, width, height } = this.format(page);
    if (width !== this.width || height !== this.height) {
      throw refuseTiff(
        this.path,
        `ImageWidth × ImageLength of page ${page + 1}`,
        `${width} × ${height}`,
        `${this.width} × ${this.height} as in the first`,
      );
    }
    const bytes = this.tiff.readRanges(offsets, counts, page);
    try {
      addElectrons(bytes, coding, this.width, this.height, this.upsampling, out);
    } catch (error) {
      const message = `EER file ${this.path}: frame ${frame + 1} is damaged: ${(error as Error).message}.`;
      throw new CsError('input', 'CS_EER_DATA', message, { path: this.path, field: 'StripOffsets', frame }, error);
    }
  }

  private format(page: number): {
    coding: EerCoding;
    width: number;
    height: number;
    offsets: number[];
    counts: number[];
  } {
    const directory = this.tiff.directory(page);
    const side = (field: 'ImageWidth' | 'ImageLength'): number => {
      const value = directory.number(field, 0);
      if (Number.isInteger(value) && value >= 1 && value <= MAX_SIDE) return value;
      throw refuseTiff(this.path, field, value, `1 to ${MAX_SIDE}`);
    };
    const compression = directory.number('Compression', 1);
    const known = EER_CODINGS[compression];
    if (known === undefined && compression !== EER_VARIABLE) {
      throw refuseTiff(this.path, `Compression of page ${page + 1}`, compression, '65000, 65001 or 65002');
    }
    const bits = (field: 'EerRunBits' | 'EerSubpixelBitsX' | 'EerSubpixelBitsY', low: number, high: number): number => {
      const value = directory.number(field, -1);
      if (Number.isInteger(value) && value >= low && value <= high) return value;
      throw refuseTiff(this.path, field, value, `${low} to ${high}`);
    };
    const coding = known ?? {
      runBits: bits('EerRunBits', 1, 12),
      subBitsX: bits('EerSubpixelBitsX', 0, 4),
      subBitsY: bits('EerSubpixelBitsY', 0, 4),
      padded: false,
    };
    const [offsets, counts] = [directory.numbers('StripOffsets'), directory.numbers('StripByteCounts')];
    if (offsets === null || counts?.length !== offsets.length) {
      throw refuseTiff(this.path, 'StripByteCounts', counts?.length ?? 'missing', 'one for each of StripOffsets');
    }
    return { coding, width: side('ImageWidth'), height: side('ImageLength'), offsets, counts };
  }
}

/** Whether a value of the TIFF field Compression says that pages are lists of electrons. */
export function isElectrons(compression: number): boolean {
  return compression in EER_CODINGS || compression === EER_VARIABLE;
}
