import { CsError } from '../base/errors.ts';
import { AtomicFile } from '../host/fs-atomic.ts';
import { InputFile } from '../host/fs-read.ts';
import { CSDAT_MAGIC, decodeCsdat, readCsdatHeader } from './csdat.ts';
import { Dataset, type Field } from './dataset.ts';
import { NPY_MAGIC, formatNpyHeader, npyPreamble, parseNpyHeader, type NpyHeader } from './npy-header.ts';
import { RecordReader, packRecords, recordLayout } from './records.ts';

export { decodeCsdat, encodeCsdat } from './csdat.ts';

/** Bytes of records that are read or written at a time. */
const BLOCK = 8 << 20;

/**
 * Read a dataset file (`.cs`), a NumPy structured array or a CSDAT stream.
 * @throws CsError `CS_FILE_MISSING`, `CS_FILE_ACCESS`, `CS_DATASET_FORMAT`, each naming the file and what was found
 */
export function readDataset(path: string): Dataset {
  const file = new InputFile(path, 'Dataset');
  try {
    if (isCsdat(file)) return decodeCsdat(file.read(0, file.size), path);
    return readRecords(file, readHeader(file));
  } finally {
    file.close();
  }
}

/** Number of rows and columns of a dataset file, without reading the rows. */
export function readDatasetInfo(path: string): { length: number; fields: Field[] } {
  const file = new InputFile(path, 'Dataset');
  try {
    if (isCsdat(file)) {
      const start = file.read(0, 10);
      const { header, fields } = readCsdatHeader(
        file.read(0, start.length < 10 ? 10 : 10 + start.readUInt32LE(6)),
        path,
      );
      return { length: header.length, fields };
    }
    const { length, fields } = readHeader(file);
    return { length, fields: fields.map(({ name, type, shape }) => ({ name, type, shape })) };
  } finally {
    file.close();
  }
}

/**
 * Write a dataset as a NumPy structured array: little-endian, text as UTF-8 bytes of fixed width. The file appears
 * under its name when it is complete.
 * @throws CsError `CS_DISK_FULL`, `CS_FILE_ACCESS`
 */
export function writeDataset(path: string, dataset: Dataset): void {
  const layout = recordLayout(dataset);
  const file = new AtomicFile(path);
  file.write(formatNpyHeader(layout.fields, dataset.length));
  const step = Math.max(1, Math.floor(BLOCK / layout.recordSize));
  for (let row = 0; row < dataset.length; row += step) {
    file.write(packRecords(dataset, layout, row, Math.min(step, dataset.length - row)));
  }
  file.commit();
}

function isCsdat(file: InputFile): boolean {
  const magic = file.read(0, 6);
  if (magic.equals(CSDAT_MAGIC)) return true;
  if (magic.equals(NPY_MAGIC)) return false;
  const found = magic.length === 0 ? 'is empty' : `begins with ${JSON.stringify(magic.toString('latin1'))}`;
  const message = `Dataset ${file.path} ${found}, wanted a .cs file (NumPy array or CSDAT stream).`;
  throw new CsError('input', 'CS_DATASET_FORMAT', message, { path: file.path });
}

function readHeader(file: InputFile): NpyHeader {
  const { at, length } = npyPreamble(file.read(0, 12), file.path);
  const text = file.read(at, length);
  if (text.length < length) {
    const message = `Dataset ${file.path}: the file ends after ${file.size} bytes, inside its header of ${length} bytes.`;
    throw new CsError('input', 'CS_DATASET_FORMAT', message, { path: file.path });
  }
  const header = parseNpyHeader(text.toString('utf8'), at + length, file.path);
  if (!header.fields.some((f) => f.name === 'uid' && f.code === 'u8' && f.shape.length === 0)) {
    const message = `Dataset ${file.path} has no column "uid" of type u8.`;
    throw new CsError('input', 'CS_DATASET_FORMAT', message, { path: file.path });
  }
  const wanted = header.dataOffset + header.length * header.recordSize;
  if (file.size < wanted) {
    const message = `Dataset ${file.path} has ${file.size} bytes, wanted ${wanted} for ${header.length} rows: it is truncated.`;
    throw new CsError('input', 'CS_DATASET_FORMAT', message, { path: file.path });
  }
  return header;
}

function readRecords(file: InputFile, header: NpyHeader): Dataset {
  const { length, fields, recordSize, dataOffset } = header;
  const reader = new RecordReader(fields, recordSize, length, file.path);
  const step = Math.max(1, Math.floor(BLOCK / recordSize));
  for (let row = 0; row < length; row += step) {
    const count = Math.min(step, length - row);
    reader.read(file.read(dataOffset + row * recordSize, count * recordSize), row);
  }
  const dataset = new Dataset(reader.columns[fields.findIndex((f) => f.name === 'uid')] as BigUint64Array);
  fields.forEach(({ name, type, shape }, i) => {
    if (name !== 'uid') dataset.set(name, type, reader.columns[i], shape);
  });
  return dataset;
}
