import assert from 'node:assert/strict';
import { test } from 'node:test';
import { montage } from './montage.ts';

test('images stand in rows of tiles, reduced by whole blocks, with two white pixels between them', () => {
  // three images of 4 × 4: left half 0, right half i + 1; reduced to 2 × 2
  const images = Float32Array.from({ length: 48 }, (_, at) => (at % 4 < 2 ? 0 : Math.floor(at / 16) + 1));
  const { width, height, gray } = montage(images, 4, 4, { columns: 2, tile_px: 2 });
  assert.deepEqual([width, height], [6, 6]);
  // mean ± 1σ of a picture of two values stands a third of the way from mid-grey to black and white
  assert.deepEqual([...gray.subarray(0, 6)], [85, 170, 255, 255, 85, 170]);
  assert.deepEqual([...gray.subarray(12, 18)], [255, 255, 255, 255, 255, 255]);
  assert.deepEqual([...gray.subarray(24, 30)], [85, 170, 255, 255, 255, 255], 'the fourth tile is empty');
});

test('a constant image is mid-grey', () => {
  assert.deepEqual(
    [...montage(new Float32Array(4).fill(7), 2, 2, { columns: 3, tile_px: 9 }).gray],
    [128, 128, 128, 128],
  );
});
