import { madd, mul, sub } from './simd';

/**
 * Central slices of a half grid and their adjoint; equations and layouts are those of src/math/projector.ts,
 * backprojector.ts and half-grid.ts. Coordinates are in double precision: at box 256 a grid coordinate of single
 * precision is off by 3e-5 of a cell, more than the transforms' own error.
 *
 * Arguments: 0 grid (slices) or cells (insertion), 4 rotations (f64, nine a slice), 8 slices or spectra, 12 n,
 * 16 padding, 20 radius, 24 side, 28 width, 32 largest kx² + ky², 36 count, 40 CTFs (0 for 1), 44 weights, 48 slabs.
 */

// @ts-ignore: decorator
@inline
function largestKx(max2: i32, ky: i32, nc: i32): i32 {
  return min(nc - 1, <i32>sqrt<f64>(<f64>(max2 - ky * ky)));
}

/** One item: one slice. Two neighbouring kx at a time for the coordinates, one for the values. */
export function sliceItem(a: usize, item: i32): void {
  const grid = <usize>load<u32>(a);
  const R = <usize>load<u32>(a, 4) + <usize>item * 72;
  const n = load<i32>(a, 12);
  const nc = (n >> 1) + 1;
  const out = <usize>load<u32>(a, 8) + (<usize>(item * n) * <usize>nc << 3);
  const padding = <f64>load<i32>(a, 16);
  const radius = load<i32>(a, 20);
  const side = load<i32>(a, 24);
  const width = load<i32>(a, 28);
  const max2 = load<i32>(a, 32);
  const centre = grid + (<usize>((radius * side + radius) * width) << 3);
  const stepY = <usize>width << 3;
  const stepZ = <usize>(side * width) << 3;
  const ax = f64x2.splat(padding * load<f64>(R));
  const ay = f64x2.splat(padding * load<f64>(R, 8));
  const az = f64x2.splat(padding * load<f64>(R, 16));
  const sides = f64x2.splat(<f64>side);
  const widths = f64x2.splat(<f64>width);
  const signs = f64x2.splat(-0.0);
  const zero = f64x2.splat(0);
  memory.fill(out, 0, <usize>(n * nc) << 3);
  for (let row = 0; row < n; row++) {
    const ky = row < n - row ? row : row - n;
    if (ky * ky > max2) continue;
    const bx = f64x2.splat(padding * load<f64>(R, 24) * <f64>ky);
    const by = f64x2.splat(padding * load<f64>(R, 32) * <f64>ky);
    const bz = f64x2.splat(padding * load<f64>(R, 40) * <f64>ky);
    const end = largestKx(max2, ky, nc);
    let to = out + (<usize>(row * nc) << 3);
    for (let kx = 0; kx <= end; kx += 2, to += 16) {
      const k = f64x2.replace_lane(f64x2.splat(<f64>kx), 1, <f64>min(kx + 1, end));
      let x = f64x2.add(f64x2.mul(k, ax), bx);
      const flip = v128.and(f64x2.lt(x, zero), signs);
      x = v128.xor(x, flip);
      const y = v128.xor(f64x2.add(f64x2.mul(k, ay), by), flip);
      const z = v128.xor(f64x2.add(f64x2.mul(k, az), bz), flip);
      const x0 = f64x2.floor(x);
      const y0 = f64x2.floor(y);
      const z0 = f64x2.floor(z);
      const fx = f32x4.demote_f64x2_zero(f64x2.sub(x, x0));
      const fy = f32x4.demote_f64x2_zero(f64x2.sub(y, y0));
      const fz = f32x4.demote_f64x2_zero(f64x2.sub(z, z0));
      const cells = i32x4.trunc_sat_f64x2_s_zero(
        f64x2.add(f64x2.mul(f64x2.add(f64x2.mul(z0, sides), y0), widths), x0),
      );
      // high half of an f64 lane of `flip`: the sign bit, moved to where the imaginary part is
      const first = sample(
        centre + <usize>(i32x4.extract_lane(cells, 0) << 3),
        stepY,
        stepZ,
        v128.shuffle<f32>(fx, fx, 0, 0, 0, 0),
        v128.shuffle<f32>(fy, fy, 0, 0, 0, 0),
        v128.shuffle<f32>(fz, fz, 0, 0, 0, 0),
      );
      v128.store64_lane(to, v128.xor(first, v128.shuffle<i32>(flip, zero, 4, 1, 4, 4)), 0);
      if (kx < end) {
        const second = sample(
          centre + <usize>(i32x4.extract_lane(cells, 1) << 3),
          stepY,
          stepZ,
          v128.shuffle<f32>(fx, fx, 1, 1, 1, 1),
          v128.shuffle<f32>(fy, fy, 1, 1, 1, 1),
          v128.shuffle<f32>(fz, fz, 1, 1, 1, 1),
        );
        v128.store64_lane(to, v128.xor(second, v128.shuffle<i32>(flip, zero, 4, 3, 4, 4)), 0, 8);
      }
    }
  }
}

/** Trilinear interpolation of the complex number between eight cells, in the two low lanes. */
// @ts-ignore: decorator
@inline
function sample(at: usize, stepY: usize, stepZ: usize, fx: v128, fy: v128, fz: v128): v128 {
  const a = v128.load(at);
  const b = v128.load(at + stepY);
  const c = v128.load(at + stepZ);
  const d = v128.load(at + stepZ + stepY);
  const ab = madd(fy, sub(b, a), a);
  const cd = madd(fy, sub(d, c), c);
  const v = madd(fz, sub(cd, ab), ab);
  return madd(fx, sub(v128.shuffle<f32>(v, v, 2, 3, 2, 3), v), v);
}

/**
 * Slopes below this count as none: over a whole line they change a coordinate by less than LEVEL. Above it the bounds
 * of `firstWithin` and `lastWithin` are off by less than their margin of 1e-6. The samples themselves decide exactly.
 */
// @ts-ignore: decorator
@inline
const FLAT: f64 = 1e-6;
// @ts-ignore: decorator
@inline
const LEVEL: f64 = 1e-2;

/** 1/slope, 0 for none. */
// @ts-ignore: decorator
@inline
function inverseOf(slope: f64): f64 {
  return abs(slope) < FLAT ? 0 : 1 / slope;
}

/** Smallest k with low ≤ k/inverse + offset ≤ high. */
// @ts-ignore: decorator
@inline
function firstWithin(inverse: f64, offset: f64, low: f64, high: f64): f64 {
  if (inverse == 0) return offset < low - LEVEL || offset > high + LEVEL ? Infinity : -Infinity;
  return min((low - offset) * inverse, (high - offset) * inverse) - 1e-6;
}

/** Largest such k. */
// @ts-ignore: decorator
@inline
function lastWithin(inverse: f64, offset: f64, low: f64, high: f64): f64 {
  if (inverse == 0) return Infinity;
  return max((low - offset) * inverse, (high - offset) * inverse) + 1e-6;
}

/**
 * One item: all images into one slab of rows y of the grid, so that no two threads write to the same cells and a slab
 * stays in the cache. Where a line of samples meets the slab is solved for, not searched.
 */
export function insertItem(a: usize, item: i32): void {
  const slabs = load<i32>(a, 48);
  const side = load<i32>(a, 24);
  const radius = load<i32>(a, 20);
  const low = <i32>(<i64>item * <i64>side / <i64>slabs) - radius;
  const high = <i32>((<i64>item + 1) * <i64>side / <i64>slabs) - 1 - radius;
  for (let image = 0, count = load<i32>(a, 36); image < count; image++) insertImage(a, image, low, high);
}

function insertImage(a: usize, image: i32, low: i32, high: i32): void {
  const R = <usize>load<u32>(a, 4) + <usize>image * 72;
  const n = load<i32>(a, 12);
  const nc = (n >> 1) + 1;
  const padding = <f64>load<i32>(a, 16);
  const max2 = load<i32>(a, 32);
  const first = <f64>(low - 1);
  const last = <f64>(high + 1);
  const inverseX = inverseOf(padding * load<f64>(R));
  const inverseY = inverseOf(padding * load<f64>(R, 8));
  for (let row = 0; row < n; row++) {
    const ky = row < n - row ? row : row - n;
    if (ky * ky > max2) continue;
    const bx = padding * load<f64>(R, 24) * <f64>ky;
    const by = padding * load<f64>(R, 32) * <f64>ky;
    // of the samples with kx = 0 those with ky < 0 repeat the others
    const begin = <f64>(ky < 0 ? 1 : 0);
    const end = <f64>largestKx(max2, ky, nc);
    for (let half = 0; half < 2; half++) {
      // x ≥ 0 as it is, x < 0 through its Friedel mate at −x, −y, −z
      const s: f64 = half == 0 ? 1 : -1;
      const from = max(begin, max(firstWithin(s * inverseY, s * by, first, last), firstWithin(s * inverseX, s * bx, 0, Infinity)));
      const to = min(end, min(lastWithin(s * inverseY, s * by, first, last), lastWithin(s * inverseX, s * bx, 0, Infinity)));
      if (from <= to) insertLine(a, image, R, row, ky, <i32>ceil<f64>(from), <i32>floor<f64>(to), half == 1, low, high);
    }
  }
}

function insertLine(a: usize, image: i32, R: usize, row: i32, ky: i32, begin: i32, end: i32, wanted: bool, low: i32, high: i32): void {
  const n = load<i32>(a, 12);
  const nc = (n >> 1) + 1;
  const padding = <f64>load<i32>(a, 16);
  const radius = load<i32>(a, 20);
  const side = load<i32>(a, 24);
  const width = load<i32>(a, 28);
  const line = <usize>((image * n + row) * nc);
  const spectrum = <usize>load<u32>(a, 8) + (line << 3);
  const ctf = load<u32>(a, 40) == 0 ? 0 : <usize>load<u32>(a, 40) + (line << 2);
  const weight = load<f32>(<usize>load<u32>(a, 44) + (<usize>image << 2));
  const centre = <usize>load<u32>(a) + <usize>((radius * side + radius) * width) * 12;
  const stepY = <usize>width * 12;
  const stepZ = <usize>(side * width) * 12;
  const ax = padding * load<f64>(R);
  const ay = padding * load<f64>(R, 8);
  const az = padding * load<f64>(R, 16);
  const bx = padding * load<f64>(R, 24) * <f64>ky;
  const by = padding * load<f64>(R, 32) * <f64>ky;
  const bz = padding * load<f64>(R, 40) * <f64>ky;
  for (let kx = begin; kx <= end; kx++) {
    let x = <f64>kx * ax + bx;
    const flip = x < 0;
    if (flip != wanted) continue;
    let y = <f64>kx * ay + by;
    let z = <f64>kx * az + bz;
    if (flip) {
      x = -x;
      y = -y;
      z = -z;
    }
    const floorY = floor<f64>(y);
    const y0 = <i32>floorY;
    if (y0 > high || y0 + 1 < low) continue;
    const floorX = floor<f64>(x);
    const floorZ = floor<f64>(z);
    const fx = <f32>(x - floorX);
    const fy = <f32>(y - floorY);
    const fz = <f32>(z - floorZ);
    const c = ctf == 0 ? <f32>1 : load<f32>(ctf + (<usize>kx << 2));
    const wc = weight * c;
    const re = wc * load<f32>(spectrum + (<usize>kx << 3));
    const im = wc * load<f32>(spectrum + (<usize>kx << 3), 4);
    const power = f32x4.splat(wc * c);
    // cell by cell: re, im, power of the first, re of the second; im, power of the second
    const gx = <f32>1 - fx;
    let four = f32x4.replace_lane(f32x4.splat(re), 1, flip ? -im : im);
    four = v128.shuffle<f32>(four, power, 0, 1, 4, 0);
    const two = mul(v128.shuffle<f32>(four, four, 1, 2, 1, 2), f32x4.splat(fx));
    four = mul(four, f32x4.replace_lane(f32x4.splat(gx), 3, fx));
    const at = centre + <usize>((((<i32>floorZ) * side + y0) * width + <i32>floorX) * 12);
    if (y0 >= low) {
      addCells(at, f32x4.splat((<f32>1 - fz) * (<f32>1 - fy)), four, two);
      addCells(at + stepZ, f32x4.splat(fz * (<f32>1 - fy)), four, two);
    }
    if (y0 < high) {
      addCells(at + stepY, f32x4.splat((<f32>1 - fz) * fy), four, two);
      addCells(at + stepZ + stepY, f32x4.splat(fz * fy), four, two);
    }
  }
}

// @ts-ignore: decorator
@inline
function addCells(at: usize, w: v128, four: v128, two: v128): void {
  v128.store(at, madd(w, four, v128.load(at)));
  v128.store64_lane(at, madd(w, two, v128.load64_zero(at, 16)), 0, 16);
}
