import type { PngPicture } from './png.ts';

/**
 * Pictures side by side, each reduced by averaging whole blocks of pixels until it fits a tile, and stretched from
 * mean − 3σ (black) to mean + 3σ (white) of what is left.
 *
 * @param images shape [count, ny, nx]; @param nx @param ny size of an image, px
 * @param options `columns` tiles in a row, `tile_px` greatest side of a tile
 */
export function montage(
  images: Float32Array,
  nx: number,
  ny: number,
  options: { columns: number; tile_px: number },
): PngPicture {
  const count = Math.floor(images.length / (nx * ny));
  const bin = Math.max(1, Math.ceil(Math.max(nx, ny) / options.tile_px));
  const [w, h] = [Math.floor(nx / bin), Math.floor(ny / bin)];
  const columns = Math.max(1, Math.min(options.columns, count));
  const rows = Math.ceil(count / columns);
  const gap = 2;
  const width = columns * (w + gap) - gap;
  const height = Math.max(1, rows * (h + gap) - gap);
  const gray = new Uint8Array(width * height).fill(255);
  const tile = new Float32Array(w * h);
  for (let i = 0; i < count; i++) {
    const [mean, sigma] = reduce(images.subarray(i * nx * ny), nx, bin, w, h, tile);
    const scale = sigma > 0 ? 255 / (6 * sigma) : 0;
    const corner = Math.floor(i / columns) * (h + gap) * width + (i % columns) * (w + gap);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const value = 127.5 + (tile[y * w + x] - mean) * scale;
        gray[corner + y * width + x] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  return { width, height, gray };
}

function reduce(
  image: Float32Array,
  nx: number,
  bin: number,
  w: number,
  h: number,
  out: Float32Array,
): [number, number] {
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let value = 0;
      for (let v = 0; v < bin; v++) {
        for (let u = 0; u < bin; u++) value += image[(y * bin + v) * nx + x * bin + u];
      }
      value /= bin * bin;
      out[y * w + x] = value;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / (w * h);
  return [mean, Math.sqrt(Math.max(0, squares / (w * h) - mean * mean))];
}
