import { CsError } from '../base/errors.ts';
import { InputFile } from '../host/fs-read.ts';
import { EerReader, isElectrons, type EerOptions } from './eer.ts';
import { MrcReader, type MrcHeader } from './mrc.ts';
import { PackedMrcReader } from './mrc-packed.ts';
import { compressionOf } from './packed-source.ts';
import { TiffReader } from './tiff.ts';
import { isTiff, refuseTiff } from './tiff-directory.ts';

export type { EerOptions } from './eer.ts';

/** A movie (or micrograph, a movie of one frame) of any format, whose frames are read as they are asked for. */
export interface Movie {
  readonly path: string;
  /** frames, rows, columns */
  readonly shape: readonly [number, number, number];
  /** `TIFF`, `MRC/<mode>`, `MRCBZ2/<mode>`, `MRCGZ/<mode>` or `EER/<grid points per pixel>` */
  readonly format: string;
  /** Å per pixel of the frames as the header tells, or null */
  readonly psize_A: number | null;
  /** liberties of the file that were tolerated, in words */
  readonly warnings: readonly string[];
  /**
   * Frames as 32-bit floats, x fastest, the first stored row first.
   * @param first index of the first frame, from 0; @param count number of frames
   * @param out memory for count × rows × columns values, or new memory
   * @returns shape [count, rows, columns]
   * @throws CsError kind input naming file and field
   */
  readFrames(first: number, count: number, out?: Float32Array): Float32Array;
  close(): void;
}

/** As fractions are made of electron events where nothing else is asked for. */
export const EER_DEFAULTS: EerOptions = { upsampling: 2, fractions: 40 };

/**
 * Open a movie. The format is told by the first bytes of the file; a name that promises TIFF or EER is held to it, since
 * any bytes might be those of an MRC file.
 * @throws CsError kind input naming file and field
 */
export function openMovie(path: string, options: { eer?: EerOptions } = {}): Movie {
  const file = new InputFile(path, 'Movie');
  const magic = file.read(0, 4);
  file.close();
  if (isTiff(magic) || /\.(tiff?|eer|gain)$/i.test(path)) return openTiff(path, options.eer ?? EER_DEFAULTS);
  const compression = compressionOf(magic);
  return compression === null ? openMrc(path) : openPackedMrc(path, compression);
}

interface Frames {
  readonly shape: readonly [number, number, number];
  readonly format: string;
  readonly psize_A: number | null;
  readonly warnings: readonly string[];
  readonly readFrame: (frame: number, out: Float32Array) => void;
  readonly close: () => void;
}

function movieOf(path: string, frames: Frames): Movie {
  const { shape, format, psize_A, warnings, readFrame, close } = frames;
  const size = shape[1] * shape[2];
  return {
    path,
    shape,
    format,
    psize_A,
    warnings,
    readFrames: (first, count, out) => {
      if (!Number.isInteger(first) || !Number.isInteger(count) || first < 0 || count < 0 || first + count > shape[0]) {
        const message = `Movie ${path}: frames ${first} to ${first + count - 1} were asked for, it holds 0 to ${shape[0] - 1}.`;
        throw new CsError('input', 'CS_MOVIE_FRAME', message, { path, field: 'frames', first, count });
      }
      const target = out ?? new Float32Array(count * size);
      for (let i = 0; i < count; i++) readFrame(first + i, target.subarray(i * size, (i + 1) * size));
      return target;
    },
    close,
  };
}

function openTiff(path: string, eer: EerOptions): Movie {
  const tiff = new TiffReader(path);
  try {
    const compressions = [0, 1].filter((i) => i < tiff.length).map((i) => tiff.directory(i).number('Compression', 1));
    if (compressions.some(isElectrons)) {
      tiff.close();
      return openEer(path, eer);
    }
    const { width, height, samples, psize_A } = tiff.page(0);
    if (samples !== 1) throw refuseTiff(path, 'SamplesPerPixel', samples, '1 (grey)');
    return movieOf(path, {
      shape: [tiff.length, height, width],
      format: 'TIFF',
      psize_A,
      warnings: [],
      readFrame: (frame, out) => {
        const page = tiff.page(frame);
        if (page.width !== width || page.height !== height || page.samples !== 1) {
          const field = `ImageWidth × ImageLength × SamplesPerPixel of page ${frame + 1}`;
          const found = `${page.width} × ${page.height} × ${page.samples}`;
          throw refuseTiff(path, field, found, `${width} × ${height} × 1 as in the first`);
        }
        tiff.readPage(frame, out);
      },
      close: () => tiff.close(),
    });
  } catch (error) {
    tiff.close();
    throw error;
  }
}

function openEer(path: string, options: EerOptions): Movie {
  const eer = new EerReader(path, options);
  return movieOf(path, {
    shape: eer.shape,
    format: `EER/${options.upsampling}`,
    psize_A: null,
    warnings: [],
    readFrame: (frame, out) => void eer.readFraction(frame, out),
    close: () => eer.close(),
  });
}

function refuseComplex(path: string, header: MrcHeader): void {
  if (header.mode !== 4) return;
  const message = `MRC file ${path}: header field mode is 4 (complex transforms), wanted images (0, 1, 2, 6, 12, 101).`;
  throw new CsError('input', 'CS_MRC_HEADER', message, { path, field: 'mode' });
}

function openMrc(path: string): Movie {
  const mrc = new MrcReader(path);
  try {
    const { header } = mrc;
    refuseComplex(path, header);
    return movieOf(path, {
      shape: [header.sectionsPresent, header.ny, header.nx],
      format: `MRC/${header.mode}`,
      psize_A: header.psize_A || null,
      warnings: header.warnings,
      readFrame: (frame, out) => void mrc.readSections(frame, 1, out),
      close: () => mrc.close(),
    });
  } catch (error) {
    mrc.close();
    throw error;
  }
}

function openPackedMrc(path: string, compression: 'gzip' | 'bzip2'): Movie {
  const mrc = new PackedMrcReader(path, compression);
  try {
    const { header } = mrc;
    refuseComplex(path, header);
    return movieOf(path, {
      shape: [header.nz, header.ny, header.nx],
      format: `${compression === 'gzip' ? 'MRCGZ' : 'MRCBZ2'}/${header.mode}`,
      psize_A: header.psize_A || null,
      warnings: header.warnings,
      readFrame: (frame, out) => void mrc.readSection(frame, out),
      close: () => mrc.close(),
    });
  } catch (error) {
    mrc.close();
    throw error;
  }
}
