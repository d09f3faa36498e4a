import { extname } from 'node:path';
import { CsError } from '../base/errors.ts';
import { readImage, type DetectorImage } from './gain.ts';
import { readText } from './mdoc.ts';

/** A rectangle of bad pixels, px, as seen with the first stored row on top. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Read a map of bad pixels: 1 where a pixel is bad.
 *
 * Accepted are images (MRC, TIFF) in which bad pixels are not 0; the text of SerialEM (`BadColumns`, `BadRows`,
 * `PartialBadColumn` and `PartialBadRow` with first, count, begin and end, `BadPixels` as pairs x y, `UsableArea` as top,
 * left, bottom, right; `CameraSizeX`, `CameraSizeY`); and the text of MotionCor, lines of x, y, width and height.
 *
 * @param ny @param nx size of the detector's image, px; a map for a detector whose size is a whole part of it is enlarged
 * @throws CsError kind input naming file and field
 */
export function readDefects(path: string, ny: number, nx: number): DetectorImage {
  if (extname(path).toLowerCase() !== '.txt') {
    const image = readImage(path, 'Defect map');
    return enlarge({ ...image, data: image.data.map((value) => (value === 0 ? 0 : 1)) }, ny, nx, path);
  }
  const text = readText(path, 'Defect file');
  const lines = text.split(/\r?\n/).map((line, i) => ({ number: i + 1, words: line.trim().split(/\s+/) }));
  const filled = lines.filter(({ words }) => words[0] !== '' && !words[0].startsWith('#'));
  const plain = filled.length > 0 && filled.every(({ words }) => words.every((word) => /^\d+$/.test(word)));
  return plain ? rectangles(filled, path, ny, nx) : serialEm(filled, path, ny, nx);
}

type Line = { readonly number: number; readonly words: readonly string[] };

function refuse(path: string, field: string, found: string, wanted: string): CsError {
  const message = `Defect file ${path}: ${field} is ${found}, wanted ${wanted}.`;
  return new CsError('input', 'CS_DEFECT_FORMAT', message, { path, field });
}

function rectangles(lines: readonly Line[], path: string, ny: number, nx: number): DetectorImage {
  const data = new Float32Array(ny * nx);
  for (const { number, words } of lines) {
    if (words.length !== 4) throw refuse(path, `line ${number}`, `${words.length} numbers`, 'x, y, width, height');
    const [x, y, width, height] = words.map(Number);
    fill(data, ny, nx, { x, y, width, height });
  }
  return { ny, nx, data };
}

/** Marks what of a rectangle lies inside the image. */
function fill(data: Float32Array, ny: number, nx: number, { x, y, width, height }: Rectangle): void {
  const [left, right] = [Math.max(0, x), Math.min(nx, x + width)];
  if (left >= right) return;
  for (let row = Math.max(0, y); row < Math.min(ny, y + height); row++) data.fill(1, row * nx + left, row * nx + right);
}

function serialEm(lines: readonly Line[], path: string, ny: number, nx: number): DetectorImage {
  const values = new Map<string, number[][]>();
  for (const { number, words } of lines) {
    const numbers = words.slice(1).map(Number);
    if (!/^[A-Za-z]/.test(words[0]) || !numbers.every(Number.isInteger)) {
      throw refuse(path, `line ${number}`, JSON.stringify(words.join(' ').slice(0, 80)), 'a keyword and whole numbers');
    }
    values.set(words[0], [...(values.get(words[0]) ?? []), numbers]);
  }
  const size = (key: string, absent: number): number => {
    const value = values.get(key)?.[0]?.[0] ?? absent;
    if (value < 1 || value > 1 << 16) throw refuse(path, key, String(value), `1 to ${1 << 16}`);
    return value;
  };
  const [width, height] = [size('CameraSizeX', nx), size('CameraSizeY', ny)];
  const data = new Float32Array(width * height);
  const mark = (x: number, y: number, w: number, h: number): void =>
    fill(data, height, width, { x, y, width: w, height: h });
  for (const column of (values.get('BadColumns') ?? []).flat()) mark(column, 0, 1, height);
  for (const row of (values.get('BadRows') ?? []).flat()) mark(0, row, width, 1);
  const groups = (key: string, count: number): number[][] =>
    (values.get(key) ?? []).flatMap((numbers) => {
      if (numbers.length % count !== 0) throw refuse(path, key, `${numbers.length} numbers`, `a multiple of ${count}`);
      return Array.from({ length: numbers.length / count }, (_, i) => numbers.slice(i * count, (i + 1) * count));
    });
  for (const [column, count, begin, end] of groups('PartialBadColumn', 4)) mark(column, begin, count, end - begin + 1);
  for (const [row, count, begin, end] of groups('PartialBadRow', 4)) mark(begin, row, end - begin + 1, count);
  for (const [x, y] of groups('BadPixels', 2)) mark(x, y, 1, 1);
  const [area] = groups('UsableArea', 4);
  if (area !== undefined && area[2] > area[0] && area[3] > area[1]) {
    const [top, left, bottom, right] = area;
    mark(0, 0, width, top);
    mark(0, bottom + 1, width, height - bottom - 1);
    mark(0, 0, left, height);
    mark(right + 1, 0, width - right - 1, height);
  }
  return enlarge({ ny: height, nx: width, data }, ny, nx, path);
}

function enlarge(map: DetectorImage, ny: number, nx: number, path: string): DetectorImage {
  const factor = nx / map.nx;
  if (!Number.isInteger(factor) || map.ny * factor !== ny) {
    throw refuse(
      path,
      'size',
      `${map.nx} × ${map.ny} px`,
      `${nx} × ${ny} px as the detector has, or a whole part of it`,
    );
  }
  const data = new Float32Array(ny * nx);
  for (let y = 0, to = 0; y < ny; y++) {
    const row = Math.floor(y / factor) * map.nx;
    for (let x = 0; x < nx; x++) data[to++] = map.data[row + Math.floor(x / factor)];
  }
  return { ny, nx, data };
}
