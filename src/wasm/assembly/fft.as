import { columns, columnsOfReal, complexRows, realRows, realRowsInverse, splitColumn } from './fft-lines';

/**
 * Work items of transforms. All read their arguments at `a` (u32, the scale f32):
 * 0 plan of x, 4 plan of y, 8 source, 12 destination, 16 nx, 20 ny, 24 count of lines or columns, 28 lines an item,
 * 32 source pitch, 36 destination pitch, 40 inverse, 44 scale, 48 source stride of an image, 52 destination stride of
 * an image, 56 items an image, 60 columns that are two real ones in one (0 or 1).
 */

// @ts-ignore: decorator
@inline
function arg(a: usize, at: usize): usize {
  return <usize>load<u32>(a + at);
}

/** Real rows to half-complex ones, or back. One item: `lines an item` rows. */
export function rowsItem(a: usize, item: i32, scratch: usize): void {
  const each = <i32>arg(a, 28);
  const first = item * each;
  const end = min(<i32>arg(a, 24), first + each);
  const inPitch = arg(a, 32);
  const outPitch = arg(a, 36);
  const inverse = arg(a, 40) != 0;
  const packed = arg(a, 60) != 0;
  for (let row = first; row < end; row += 8) {
    const src = arg(a, 8) + <usize>row * inPitch;
    const dst = arg(a, 12) + <usize>row * outPitch;
    const rows = min(8, end - row);
    if (inverse) {
      realRowsInverse(arg(a, 0), src, inPitch, dst, outPitch, rows, packed, load<f32>(a, 44), scratch);
    } else {
      realRows(arg(a, 0), src, inPitch, dst, outPitch, rows, scratch);
      if (packed) packRows(dst, outPitch, rows, arg(a, 16));
    }
  }
}

/** Complex rows. */
export function complexRowsItem(a: usize, item: i32, scratch: usize): void {
  const each = <i32>arg(a, 28);
  const first = item * each;
  const end = min(<i32>arg(a, 24), first + each);
  const inPitch = arg(a, 32);
  const outPitch = arg(a, 36);
  for (let row = first; row < end; row += 4) {
    const src = arg(a, 8) + <usize>row * inPitch;
    const dst = arg(a, 12) + <usize>row * outPitch;
    complexRows(arg(a, 0), src, inPitch, dst, outPitch, min(4, end - row), arg(a, 40) != 0, load<f32>(a, 44), scratch);
  }
}

/** After the row transforms numbers 0 and n/2 are real: they travel as one complex number through the columns. */
// @ts-ignore: decorator
@inline
function packRows(row: usize, pitch: usize, rows: i32, nx: usize): void {
  for (let i = 0; i < rows; i++, row += pitch) store<f32>(row, load<f32>(row + (nx << 2)), 4);
}

/** Columns of an image, from `first`, `count` of them; column 0 of packed ones is two real columns. */
function someColumns(a: usize, src: usize, dst: usize, first: i32, count: i32, inverse: bool, packed: bool, scratch: usize): void {
  const plan = arg(a, 4);
  const nx = arg(a, 16);
  const inPitch = arg(a, 32);
  const outPitch = arg(a, 36);
  if (inverse && packed && first == 0) {
    const width = min(4, count);
    columnsOfReal(plan, src, inPitch, src + (nx << 2), dst, outPitch, width, scratch);
    first = width;
    count -= width;
  }
  const at = <usize>first << 3;
  columns(plan, src + at, inPitch, dst + at, outPitch, count, inverse, scratch);
  if (!inverse && packed && first == 0) splitColumn(<i32>arg(a, 20), dst, dst + (nx << 2), outPitch);
}

/** One item: `lines an item` columns of one image. */
export function columnsItem(a: usize, item: i32, scratch: usize): void {
  const perImage = <i32>arg(a, 56);
  const image = <usize>(item / perImage);
  const each = <i32>arg(a, 28);
  const first = (item % perImage) * each;
  const count = min(<i32>arg(a, 24) - first, each);
  const src = arg(a, 8) + image * arg(a, 48);
  const dst = arg(a, 12) + image * arg(a, 52);
  someColumns(a, src, dst, first, count, arg(a, 40) != 0, arg(a, 60) != 0, scratch);
}

/**
 * A whole image, real to half-complex or back, while it stays in this core's cache. Its pitches are the spectrum's.
 * Backwards the columns go to the end of the scratch (at 64), so that the source stays as it is.
 */
export function imageItem(a: usize, item: i32, scratch: usize): void {
  const nx = arg(a, 16);
  const ny = <i32>arg(a, 20);
  const src = arg(a, 8) + <usize>item * arg(a, 48);
  const dst = arg(a, 12) + <usize>item * arg(a, 52);
  const pitch = ((nx >> 1) + 1) << 3;
  const packed = (nx & 1) == 0;
  const count = <i32>(packed ? nx >> 1 : (nx >> 1) + 1);
  if (arg(a, 40) == 0) {
    for (let row = 0; row < ny; row += 8) {
      const rows = min(8, ny - row);
      const to = dst + <usize>row * pitch;
      realRows(arg(a, 0), src + <usize>row * (nx << 2), nx << 2, to, pitch, rows, scratch);
      if (packed) packRows(to, pitch, rows, nx);
    }
    someColumns(a, dst, dst, 0, count, false, packed, scratch);
  } else {
    const work = scratch + arg(a, 64);
    someColumns(a, src, work, 0, count, true, packed, scratch);
    for (let row = 0; row < ny; row += 8) {
      const to = dst + <usize>row * (nx << 2);
      realRowsInverse(arg(a, 0), work + <usize>row * pitch, pitch, to, nx << 2, min(8, ny - row), packed, load<f32>(a, 44), scratch);
    }
  }
}
