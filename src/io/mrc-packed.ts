import { CsError } from '../base/errors.ts';
import { InputFile } from '../host/fs-read.ts';
import { decodeSections, sectionValues } from './mrc-decode.ts';
import { MRC_HEADER_BYTES, parseMrcHeader, type MrcHeader } from './mrc-header.ts';
import { openPacked, type PackedSource } from './packed-source.ts';

/**
 * Sections of a compressed MRC stack (`.mrc.bz2`, `.mrc.gz`). With bzip2 no more than a section and a block are held in
 * memory; sections are read fastest in their order. That the file holds what its header says is found out on reading.
 */
export class PackedMrcReader {
  readonly path: string;
  readonly header: MrcHeader;
  private readonly file: InputFile;
  private readonly source: PackedSource;

  /** @throws CsError kind input naming file and field */
  constructor(path: string, compression: 'gzip' | 'bzip2') {
    this.path = path;
    this.file = new InputFile(path, 'MRC file');
    try {
      this.source = openPacked(this.file, compression);
      const head = Buffer.alloc(MRC_HEADER_BYTES);
      const size = this.source.readInto(head, 0);
      this.header = parseMrcHeader(
        head.subarray(0, size),
        size < MRC_HEADER_BYTES ? size : Number.POSITIVE_INFINITY,
        path,
      );
    } catch (error) {
      this.file.close();
      throw error;
    }
  }

  /**
   * One section as 32-bit floats in stored order.
   * @param out memory for `sectionValues(header)` values
   * @throws CsError `CS_MRC_TRUNCATED`, `CS_COMPRESSION`
   */
  readSection(section: number, out: Float32Array): Float32Array {
    const { header } = this;
    const raw = Buffer.from(new ArrayBuffer(header.sectionBytes));
    const position = header.dataOffset + section * header.sectionBytes;
    const read = this.source.readInto(raw, position);
    if (read < raw.length) {
      const message = `MRC file ${this.path}: header field nz is ${header.nz}, but the unpacked file ends in section ${section}: the stack is cut off.`;
      throw new CsError('input', 'CS_MRC_TRUNCATED', message, { path: this.path, field: 'nz', section });
    }
    return decodeSections(raw, header, out.subarray(0, sectionValues(header)));
  }

  close(): void {
    this.file.close();
  }
}
