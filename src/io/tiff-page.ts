import type { CsError } from '../base/errors.ts';
import { refuseTiff, type TiffDirectory } from './tiff-directory.ts';

/** How one page is stored; plain data, so that it can be handed to a compute thread. */
export interface TiffPage {
  readonly path: string;
  /** index of the page, from 0 */
  readonly page: number;
  /** px */
  readonly width: number;
  /** px */
  readonly height: number;
  /** values of one pixel (1 grey, 3 colour …) */
  readonly samples: number;
  /** bits of one value */
  readonly bits: number;
  readonly format: 'uint' | 'int' | 'float';
  readonly littleEndian: boolean;
  readonly compression: number;
  /** 1 none, 2 differences of neighbours, 3 differences of the bytes of floats */
  readonly predictor: number;
  /** 0 is white: values are turned round on reading */
  readonly inverted: boolean;
  /** first bit lowest */
  readonly reversedBits: boolean;
  /** samples lie in planes of their own, one behind the other */
  readonly planar: boolean;
  readonly tiled: boolean;
  /** size of a strip or tile, px; the last strip may be lower */
  readonly chunkWidth: number;
  readonly chunkHeight: number;
  readonly chunksAcross: number;
  readonly chunksDown: number;
  /** byte positions and bytes of the strips or tiles, planes outermost, then rows of tiles */
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
  /** Å per pixel where the resolution tags can mean nothing else, or null */
  readonly psize_A: number | null;
}

/** Compressions that are decoded, and how often a byte may at most be repeated by each. */
export const COMPRESSION = { none: 1, lzw: 5, deflate: 8, deflateOld: 32946, packbits: 32773, zstd: 50000 } as const;
const EXPANSION: Record<number, number> = { 1: 1, 5: 4096, 8: 1100, 32946: 1100, 32773: 128, 50000: 1 << 20 };
const NAMES: Record<number, string> = {
  2: 'CCITT fax, run lengths',
  3: 'CCITT fax, group 3',
  4: 'CCITT fax, group 4',
  6: 'old JPEG',
  7: 'JPEG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv, 24 bits',
  34925: 'LZMA',
  50001: 'WebP',
  65000: 'EER, 8 bits',
  65001: 'EER, 7 bits',
  65002: 'EER',
};
const PHOTOMETRIC = ['white is zero', 'black is zero', 'RGB', 'a palette of colours', 'a mask', 'CMYK', 'YCbCr'];
const MAX_SIDE = 1 << 20;
const MAX_VALUES = 2 ** 30;

/**
 * Read and check what a directory says of its page.
 * @throws CsError `CS_TIFF_HEADER` naming file and field
 */
export function readPage(directory: TiffDirectory, path: string, page: number, fileSize: number): TiffPage {
  const refuse = (field: string, found: unknown, wanted: string): CsError =>
    refuseTiff(path, page === 0 ? field : `${field} of page ${page + 1}`, found, wanted);
  const whole = (field: 'ImageWidth' | 'ImageLength' | 'TileWidth' | 'TileLength'): number => {
    const value = directory.number(field, Number.NaN);
    if (Number.isInteger(value) && value >= 1 && value <= MAX_SIDE) return value;
    throw refuse(field, Number.isNaN(value) ? 'missing' : value, `1 to ${MAX_SIDE}`);
  };
  const [width, height] = [whole('ImageWidth'), whole('ImageLength')];
  const samples = directory.number('SamplesPerPixel', 1);
  if (!Number.isInteger(samples) || samples < 1 || samples > 16) throw refuse('SamplesPerPixel', samples, '1 to 16');
  if (width * height * samples > MAX_VALUES) {
    throw refuse('ImageWidth × ImageLength', `${width} × ${height}`, `at most ${MAX_VALUES} values`);
  }
  const compression = directory.number('Compression', 1);
  if (!(compression in EXPANSION)) {
    const found = compression in NAMES ? `${compression} (${NAMES[compression]})` : compression;
    throw refuse(
      'Compression',
      found,
      '1 (none), 5 (LZW), 8 or 32946 (deflate), 32773 (PackBits) or 50000 (Zstandard)',
    );
  }
  const allBits = directory.numbers('BitsPerSample') ?? [1];
  const bits = allBits[0];
  if (allBits.some((b) => b !== bits)) throw refuse('BitsPerSample', allBits.join(', '), 'the same for all samples');
  const format = sampleFormat(directory, bits, refuse);
  const photometric = directory.number('PhotometricInterpretation', 1);
  if (![0, 1, 2, 5, 8].includes(photometric)) {
    const found = `${photometric} (${PHOTOMETRIC[photometric] ?? 'unknown'})`;
    throw refuse('PhotometricInterpretation', found, '0 or 1 (grey), 2 (RGB), 5 (CMYK) or 8 (Lab)');
  }
  const predictor = directory.number('Predictor', 1);
  if (predictor !== 1 && predictor !== 2 && !(predictor === 3 && format === 'float')) {
    throw refuse('Predictor', predictor, '1 (none), 2 (differences) or, for floats, 3');
  }
  const planarity = directory.number('PlanarConfiguration', 1);
  if (planarity !== 1 && planarity !== 2) throw refuse('PlanarConfiguration', planarity, '1 or 2');
  const fill = directory.number('FillOrder', 1);
  if (fill !== 1 && fill !== 2) throw refuse('FillOrder', fill, '1 or 2');
  const planar = planarity === 2 && samples > 1;
  const tiled = directory.has('TileWidth');
  const rows = directory.number('RowsPerStrip', height);
  const chunkWidth = tiled ? whole('TileWidth') : width;
  const chunkHeight = tiled
    ? whole('TileLength')
    : Math.min(height, rows >= 1 && Number.isInteger(rows) ? rows : height);
  const chunksAcross = Math.ceil(width / chunkWidth);
  const chunksDown = Math.ceil(height / chunkHeight);
  const place = tiled ? (['TileOffsets', 'TileByteCounts'] as const) : (['StripOffsets', 'StripByteCounts'] as const);
  const wanted = chunksAcross * chunksDown * (planar ? samples : 1);
  const offsets = directory.numbers(place[0]);
  if (offsets === null || offsets.length < wanted) {
    throw refuse(place[0], offsets === null ? 'missing' : `${offsets.length} values`, `${wanted} values`);
  }
  const rowBytes = Math.ceil((chunkWidth * (planar ? 1 : samples) * bits) / 8);
  if (rowBytes * chunkHeight > 2 ** 31 - 1) {
    throw refuse(tiled ? 'TileLength' : 'RowsPerStrip', chunkHeight, 'less than 2 GB in a strip or tile');
  }
  // very old writers leave the counts out of files without compression
  const byteCounts =
    directory.numbers(place[1]) ?? (compression === 1 ? offsets.map(() => rowBytes * chunkHeight) : null);
  if (byteCounts === null || byteCounts.length < wanted) {
    throw refuse(place[1], byteCounts === null ? 'missing' : `${byteCounts.length} values`, `${wanted} values`);
  }
  let stored = 0;
  for (let i = 0; i < wanted; i++) {
    if (!(offsets[i] >= 0 && offsets[i] < fileSize))
      throw refuse(place[0], offsets[i], `below the file's ${fileSize} bytes`);
    if (!(byteCounts[i] >= 0)) throw refuse(place[1], byteCounts[i], 'a number of bytes');
    stored += Math.min(byteCounts[i], fileSize - offsets[i]);
  }
  const needed = Math.ceil((width * height * samples * bits) / 8);
  if (stored * EXPANSION[compression] < needed) {
    throw refuse(
      place[1],
      `${stored} bytes in all`,
      `enough for an image of ${width} × ${height} px (${needed} bytes)`,
    );
  }
  return {
    path,
    page,
    width,
    height,
    samples,
    bits,
    format,
    littleEndian: directory.littleEndian,
    compression,
    predictor,
    inverted: photometric === 0,
    reversedBits: fill === 2,
    planar,
    tiled,
    chunkWidth,
    chunkHeight,
    chunksAcross,
    chunksDown,
    offsets,
    byteCounts,
    psize_A: pixelSize_A(directory),
  };
}

function sampleFormat(
  directory: TiffDirectory,
  bits: number,
  refuse: (field: string, found: unknown, wanted: string) => CsError,
): TiffPage['format'] {
  const code = directory.number('SampleFormat', 1);
  // 4 says "not defined", which everybody reads as whole numbers
  const format = code === 2 ? 'int' : code === 3 ? 'float' : code === 1 || code === 4 ? 'uint' : null;
  if (format === null) throw refuse('SampleFormat', code, '1 (unsigned), 2 (signed) or 3 (float)');
  const allowed =
    format === 'float'
      ? [16, 32, 64]
      : format === 'int'
        ? [8, 16, 32, 64]
        : [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 24, 32, 64];
  if (!allowed.includes(bits)) throw refuse('BitsPerSample', bits, `one of ${allowed.join(', ')} for ${format} values`);
  return format;
}

/** Pixels per centimetre above 10⁶ (1 µm … 0.01 Å) are no print resolution but a microscope's. */
function pixelSize_A(directory: TiffDirectory): number | null {
  const perUnit = directory.number('XResolution', 0);
  const unit = directory.number('ResolutionUnit', 2);
  const unit_A = unit === 3 ? 1e8 : unit === 2 ? 2.54e8 : 0;
  const psize_A = unit_A / perUnit;
  return Number.isFinite(psize_A) && psize_A >= 0.01 && psize_A <= 1000 ? psize_A : null;
}
