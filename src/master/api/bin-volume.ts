import type { VolumeHeader } from './volume.ts';

/**
 * Average a map over cubes of `bin`³ voxels, the smallest `bin` that leaves at most `max_size` voxels a side. Voxels
 * that do not fill a cube at the far ends are left out.
 * @param data shape [z, y, x], x fastest
 * @param psize_A voxel size of `data`, Å
 * @returns a new array, little-endian on the machines that we run on, with its own shape, voxel size and statistics
 */
export function binVolume(
  data: Float32Array,
  shape: readonly [number, number, number] | readonly number[],
  psize_A: number,
  max_size: number,
): { header: VolumeHeader; data: Float32Array<ArrayBuffer> } {
  const [nz = 1, ny = 1, nx = 1] = shape;
  const bin = Math.max(1, Math.ceil(Math.max(nz, ny, nx) / max_size));
  const sides: [number, number, number] = [side(nz, bin), side(ny, bin), side(nx, bin)];
  const [mz, my, mx] = sides;
  const out = new Float32Array(mz * my * mx);
  // a thin map (a single slice) is averaged over what it has
  const depth = Math.min(bin, nz);
  const rows = Math.min(bin, ny);
  const columns = Math.min(bin, nx);
  const scale = 1 / (depth * rows * columns);
  for (let z = 0; z < mz * depth; z++) {
    for (let y = 0; y < my * rows; y++) {
      const from = (z * ny + y) * nx;
      const to = (Math.floor(z / depth) * my + Math.floor(y / rows)) * mx;
      for (let x = 0; x < mx; x++) {
        let sum = 0;
        for (let i = 0; i < columns; i++) sum += data[from + x * columns + i] ?? 0;
        out[to + x] = (out[to + x] ?? 0) + sum * scale;
      }
    }
  }
  return { header: { shape: sides, psize_A: psize_A * bin, ...statistics(out) }, data: out };
}

function side(n: number, bin: number): number {
  return Math.max(1, Math.floor(n / bin));
}

function statistics(values: Float32Array): { min: number; max: number; mean: number; std: number } {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / values.length) };
}
