import {
  ClampToEdgeWrapping,
  Data3DTexture,
  DataUtils,
  FloatType,
  HalfFloatType,
  LinearFilter,
  NearestFilter,
  RedFormat,
} from 'three';
import type { VolumeData } from './volume-data.ts';

/** Values in σ above the mean as 16-bit floats: every WebGL 2 interpolates those, and 3 digits are plenty. */
export function mapTexture(volume: VolumeData): Data3DTexture {
  const [nz, ny, nx] = volume.shape;
  const half = new Uint16Array(volume.data.length);
  const scale = 1 / (volume.std || 1);
  for (let i = 0; i < half.length; i++) {
    half[i] = DataUtils.toHalfFloat(clampHalf(((volume.data[i] ?? 0) - volume.mean) * scale));
  }
  const texture = new Data3DTexture(half, nx, ny, nz);
  texture.format = RedFormat;
  texture.type = HalfFloatType;
  texture.minFilter = texture.magFilter = LinearFilter;
  texture.wrapS = texture.wrapT = texture.wrapR = ClampToEdgeWrapping;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}

/** The greatest value of each block, which lets rays step over empty ones. */
export function blockTexture(
  blocks: { shape: [number, number, number]; data: Float32Array },
  volume: VolumeData,
): Data3DTexture {
  const [bz, by, bx] = blocks.shape;
  // a little more than the truth: the map's own values are rounded to 16 bits
  const sigma = blocks.data.map((v) => ((v - volume.mean) / (volume.std || 1)) * 1.001 + 0.001);
  const texture = new Data3DTexture(sigma, bx, by, bz);
  texture.format = RedFormat;
  texture.type = FloatType;
  texture.minFilter = texture.magFilter = NearestFilter;
  texture.unpackAlignment = 1;
  texture.needsUpdate = true;
  return texture;
}

function clampHalf(x: number): number {
  return Math.max(-60_000, Math.min(60_000, x));
}
