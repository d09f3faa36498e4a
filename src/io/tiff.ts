import { CsError } from '../base/errors.ts';
import { InputFile } from '../host/fs-read.ts';
import { readDirectories, refuseTiff, type TiffDirectory } from './tiff-directory.ts';
import { chunkCount, decodeChunk } from './tiff-decode.ts';
import { readPage, type TiffPage } from './tiff-page.ts';

export { chunkCount, decodeChunk } from './tiff-decode.ts';
export type { TiffPage } from './tiff-page.ts';

/**
 * A TIFF or BigTIFF file, of either byte order, whose pages are read as they are asked for; nothing else of it is held
 * in memory. Rows come as stored, the first row first.
 */
export class TiffReader {
  readonly path: string;
  /** number of pages */
  readonly length: number;
  private readonly file: InputFile;
  private readonly directories: readonly TiffDirectory[];
  private readonly pages = new Map<number, TiffPage>();

  /** @throws CsError kind input naming file and field: `CS_TIFF_HEADER`, `CS_FILE_MISSING` … */
  constructor(path: string) {
    this.path = path;
    this.file = new InputFile(path, 'TIFF file');
    try {
      this.directories = readDirectories(this.file);
    } catch (error) {
      this.file.close();
      throw error;
    }
    this.length = this.directories.length;
  }

  /** Raw tags of a page. */
  directory(page: number): TiffDirectory {
    const directory = this.directories[page];
    if (directory !== undefined) return directory;
    const message = `TIFF file ${this.path}: page ${page + 1} was asked for, it has ${this.length}.`;
    throw new CsError('input', 'CS_TIFF_PAGE', message, { path: this.path, field: 'pages', page: page + 1 });
  }

  /** How a page is stored. @throws CsError `CS_TIFF_HEADER` for a form that cannot be read, `CS_TIFF_PAGE` */
  page(page: number): TiffPage {
    let known = this.pages.get(page);
    if (known === undefined) {
      known = readPage(this.directory(page), this.path, page, this.file.size);
      this.pages.set(page, known);
    }
    return known;
  }

  /**
   * Bytes of one strip or tile as stored, for `decodeChunk`.
   * @param chunk index, from 0 to `chunkCount` − 1
   */
  readChunk(page: TiffPage, chunk: number): Buffer {
    return this.readRange(page.offsets[chunk], page.byteCounts[chunk], page.page, page.tiled ? 'Tile' : 'Strip');
  }

  /** Bytes of strips of a page one behind the other, for those who decode them themselves. */
  readRanges(offsets: readonly number[], byteCounts: readonly number[], page: number): Buffer {
    const parts = offsets.map((offset, i) => this.readRange(offset, byteCounts[i], page, 'Strip'));
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /**
   * One page as 32-bit floats.
   * @param out memory for height × width × samples values, or new memory
   * @returns shape [height, width, samples], x fastest but for the samples of a pixel
   * @throws CsError `CS_TIFF_HEADER`, `CS_TIFF_DATA`, `CS_TIFF_TRUNCATED`
   */
  readPage(index: number, out?: Float32Array): Float32Array {
    const page = this.page(index);
    const target = out ?? new Float32Array(page.width * page.height * page.samples);
    for (let chunk = 0; chunk < chunkCount(page); chunk++)
      decodeChunk(page, chunk, this.readChunk(page, chunk), target);
    return target;
  }

  close(): void {
    this.file.close();
  }

  private readRange(offset: number, size: number, page: number, part: 'Strip' | 'Tile'): Buffer {
    const sound = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(size) && size >= 0;
    if (!sound) throw refuseTiff(this.path, `${part}Offsets of page ${page + 1}`, offset, 'a byte position');
    const bytes = this.file.read(offset, size);
    if (bytes.length === size) return bytes;
    const message = `TIFF file ${this.path}: a ${part.toLowerCase()} of page ${page + 1} ends at byte ${offset + size}, but the file has only ${this.file.size}: it is cut off.`;
    const field = `${part}ByteCounts`;
    throw new CsError('input', 'CS_TIFF_TRUNCATED', message, { path: this.path, field, page: page + 1 });
  }
}
