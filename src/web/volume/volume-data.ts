import { CsError } from '../../base/errors.ts';

/** A map as the viewer holds it: shape [z, y, x], x fastest. */
export interface VolumeData {
  shape: readonly [number, number, number];
  psize_A: number;
  min: number;
  max: number;
  mean: number;
  std: number;
  data: Float32Array;
}

/**
 * Parses the answer of `GET /api/volume`: a line of JSON, then little-endian f32.
 * @throws CsError `CS_VOLUME_STREAM` when the bytes do not fit the header
 */
export function parseVolume(bytes: ArrayBuffer): VolumeData {
  const all = new Uint8Array(bytes);
  const end = all.indexOf(0x0a);
  if (end < 0) throw new CsError('external', 'CS_VOLUME_STREAM', 'The map came without a header line.');
  const header = JSON.parse(new TextDecoder().decode(all.subarray(0, end))) as Omit<VolumeData, 'data'>;
  const [nz, ny, nx] = header.shape;
  const wanted = nz * ny * nx * 4;
  const found = all.length - end - 1;
  if (found !== wanted) {
    throw new CsError(
      'external',
      'CS_VOLUME_STREAM',
      `The map has ${found} bytes of data, its shape ${header.shape.join(' × ')} needs ${wanted}.`,
    );
  }
  // copied: the data need not start at a multiple of four
  return { ...header, data: new Float32Array(bytes.slice(end + 1)) };
}

/** A picture of one slice: rows from top to bottom, columns from left to right. */
export interface Slice {
  width: number;
  height: number;
  values: Float32Array;
}

export type SliceAxis = 'x' | 'y' | 'z';

/**
 * One plane of a map, or the sum along an axis divided by its length. Looking along z the first axis of the picture
 * is x and the second y; along y: x and z; along x: y and z.
 * @param at plane index, or null for the projection
 */
export function sliceOf(volume: VolumeData, axis: SliceAxis, at: number | null): Slice {
  const [nz, ny, nx] = volume.shape;
  const { depth, width, height, strides } = {
    z: { depth: nz, width: nx, height: ny, strides: [nx * ny, 1, nx] },
    y: { depth: ny, width: nx, height: nz, strides: [nx, 1, nx * ny] },
    x: { depth: nx, width: ny, height: nz, strides: [1, nx, nx * ny] },
  }[axis];
  const [deep = 0, across = 0, down = 0] = strides;
  const values = new Float32Array(width * height);
  const planes = at === null ? Array.from({ length: depth }, (_, i) => i) : [at];
  for (const plane of planes) {
    for (let row = 0; row < height; row++) {
      let from = plane * deep + row * down;
      const to = row * width;
      for (let column = 0; column < width; column++, from += across)
        values[to + column] = (values[to + column] ?? 0) + (volume.data[from] ?? 0);
    }
  }
  if (at === null) for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) / depth;
  return { width, height, values };
}

/** Mean and standard deviation, for the contrast of a slice. */
export function spreadOf(values: Float32Array): { mean: number; std: number } {
  let sum = 0;
  let squares = 0;
  for (const v of values) {
    sum += v;
    squares += v * v;
  }
  const mean = sum / values.length;
  return { mean, std: Math.sqrt(Math.max(0, squares / values.length - mean * mean)) };
}

/** A level at which most maps show their molecule: 3σ, lowered when the map does not reach it. In σ above the mean. */
export function firstLevel_sigma(volume: VolumeData): number {
  const top = (volume.max - volume.mean) / (volume.std || 1);
  return Math.round(Math.min(3, top * 0.5) * 100) / 100;
}

/**
 * Highest value of each block of side `block`, with one voxel of overlap: the ray marcher jumps over blocks below
 * the level, and interpolation at a block's edge reaches into its neighbour.
 */
export function blockMaxima(
  volume: VolumeData,
  block: number,
): { shape: [number, number, number]; data: Float32Array } {
  const [nz, ny, nx] = volume.shape;
  const shape: [number, number, number] = [Math.ceil(nz / block), Math.ceil(ny / block), Math.ceil(nx / block)];
  const [bz, by, bx] = shape;
  const data = new Float32Array(bz * by * bx).fill(Number.NEGATIVE_INFINITY);
  for (let z = 0; z < nz; z++) {
    const zBlocks = touched(z, block, bz);
    for (let y = 0; y < ny; y++) {
      const yBlocks = touched(y, block, by);
      const line = (z * ny + y) * nx;
      for (let b = 0; b < bx; b++) {
        let top = Number.NEGATIVE_INFINITY;
        const last = Math.min(nx - 1, (b + 1) * block);
        for (let x = Math.max(0, b * block - 1); x <= last; x++) top = Math.max(top, volume.data[line + x] ?? top);
        for (const zb of zBlocks) {
          for (const yb of yBlocks) {
            const i = (zb * by + yb) * bx + b;
            if (top > (data[i] ?? top)) data[i] = top;
          }
        }
      }
    }
  }
  return { shape, data };
}

/** Blocks that a voxel belongs to, the overlap of one voxel counted. */
function touched(voxel: number, block: number, blocks: number): number[] {
  const own = Math.floor(voxel / block);
  const list = [own];
  if (voxel % block === 0 && own > 0) list.push(own - 1);
  if (voxel % block === block - 1 && own + 1 < blocks) list.push(own + 1);
  return list;
}
