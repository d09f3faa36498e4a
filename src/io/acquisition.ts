import { basename, extname } from 'node:path';
import { CsError } from '../base/errors.ts';
import { mdocNumbers, readMdoc, readText } from './mdoc.ts';
import { parseXml, xmlAt, type XmlElement } from './xml.ts';

/** What the acquisition software wrote about one exposure; null where it did not. */
export interface Acquisition {
  /** beam shift (EPU, the microscope's own units) or image shift (SerialEM, µm), x and y */
  readonly beam_shift: readonly [number, number] | null;
  readonly psize_A: number | null;
  readonly accel_kv: number | null;
  readonly total_dose_e_per_A2: number | null;
}

/**
 * Read an EPU `.xml` or a SerialEM `.mdoc` file, told apart by the name.
 * @throws CsError kind input naming file and field
 */
export function readAcquisition(path: string): Acquisition {
  const extension = extname(path).toLowerCase();
  if (extension === '.xml') return readEpuXml(path);
  if (extension === '.mdoc') return readFrameMdoc(path);
  const message = `Metadata file ${path} has the extension "${extension}", wanted .xml (EPU) or .mdoc (SerialEM).`;
  throw new CsError('input', 'CS_METADATA_TYPE', message, { path, field: 'extension' });
}

/**
 * What an EPU XML file says of its exposure.
 * @throws CsError `CS_XML_FORMAT`; `CS_EPU_FORMAT` when it is not about an image of a microscope
 */
export function readEpuXml(path: string): Acquisition {
  const root = parseXml(readText(path, 'XML file'), path);
  if (root.name !== 'MicroscopeImage') {
    const message = `XML file ${path}: the root element is <${root.name}>, wanted <MicroscopeImage> as EPU writes it.`;
    throw new CsError('input', 'CS_EPU_FORMAT', message, { path, field: 'root element' });
  }
  const shift = xmlAt(root, 'microscopeData', 'optics', 'BeamShift');
  const [x, y] = [number(shift && xmlAt(shift, '_x')), number(shift && xmlAt(shift, '_y'))];
  const psize_m = number(xmlAt(root, 'SpatialScale', 'pixelSize', 'x', 'numericValue'));
  const accel_v = number(xmlAt(root, 'microscopeData', 'gun', 'AccelerationVoltage'));
  const dose = number(customValue(root, 'Dose'));
  return {
    beam_shift: x === null || y === null ? null : [x, y],
    psize_A: psize_m === null ? null : psize_m * 1e10,
    accel_kv: accel_v === null ? null : accel_v / 1000,
    // electrons per square metre
    total_dose_e_per_A2: dose === null ? null : dose * 1e-20,
  };
}

function customValue(root: XmlElement, key: string): XmlElement | null {
  const pairs = xmlAt(root, 'CustomData')?.children ?? [];
  const pair = pairs.find((p) => xmlAt(p, 'Key')?.text.trim() === key);
  return pair ? xmlAt(pair, 'Value') : null;
}

function number(element: XmlElement | null): number | null {
  const text = element?.text.trim() ?? '';
  const value = Number(text);
  return text === '' || !Number.isFinite(value) ? null : value;
}

/**
 * What the `.mdoc` file beside a SerialEM movie says of it: its first section `FrameSet`, or the only one `ZValue`.
 * @throws CsError `CS_MDOC_FORMAT` when it has neither
 */
export function readFrameMdoc(path: string): Acquisition {
  const { globals, sections } = readMdoc(path);
  const images = sections.filter((section) => section.type === 'ZValue');
  const section = sections.find((s) => s.type === 'FrameSet') ?? (images.length === 1 ? images[0] : undefined);
  if (!section) {
    const message = `Metadata file ${path}: it has ${images.length} sections ZValue and no FrameSet, wanted the description of one movie.`;
    throw new CsError('input', 'CS_MDOC_FORMAT', message, { path, field: 'FrameSet' });
  }
  const first = (key: string): number | null =>
    mdocNumbers(section.fields, key)?.[0] ?? mdocNumbers(globals, key)?.[0] ?? null;
  const shift = mdocNumbers(section.fields, 'ImageShift');
  return {
    beam_shift: shift?.length === 2 ? [shift[0], shift[1]] : null,
    psize_A: first('PixelSpacing'),
    accel_kv: first('Voltage'),
    total_dose_e_per_A2: first('ExposureDose'),
  };
}

/**
 * Name by which an exposure and its metadata file are matched: the file's name without directory, with characters cut
 * from its start and end.
 */
export function matchName(path: string, cut: { readonly prefix: number; readonly suffix: number }): string {
  const name = basename(path);
  return name.slice(cut.prefix, Math.max(cut.prefix, name.length - cut.suffix));
}
