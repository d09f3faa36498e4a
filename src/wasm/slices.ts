import { CsError } from '../base/errors.ts';
import { type HalfGrid, halfGrid, maxSquaredRadius } from '../math/half-grid.ts';
import type { SharedProjector } from '../math/projector.ts';
import type { Command, Engine } from './engine.ts';
import { OPERATION } from './kernels.ts';

/** Cells that one work item of an insertion writes to, bytes: they should stay in the cache while all images pass. */
const SLAB_BYTES = 6 * 2 ** 20;

/** Rotations, shape [count, 9], in the engine's memory. */
export type Rotations = Float64Array;

/** A copy of rotation matrices (world → view, row-major, 9 numbers each) in the engine's memory; `freeRotations` gives it back. */
export function copyRotations(engine: Engine, matrices: readonly Float64Array[]): Rotations {
  const bytes = engine.arena.floats(18 * matrices.length);
  const rotations = new Float64Array(bytes.buffer, bytes.byteOffset, 9 * matrices.length);
  matrices.forEach((R, i) => rotations.set(R, 9 * i));
  return rotations;
}

export function freeRotations(engine: Engine, rotations: Rotations): void {
  engine.arena.release(rotations.byteOffset);
}

/** Cuts many slices at once; equations and layouts are those of `Projector` in src/math/projector.ts, the reference. */
export class Slicer {
  readonly n: number;
  private readonly engine: Engine;
  private readonly padding: number;
  private readonly grid: HalfGrid;
  private readonly spectrum: Float32Array;

  /** @param projector `Projector.share()`; its grid is copied, 8 bytes a cell, about 4·padding³·n³ in all */
  constructor(engine: Engine, projector: SharedProjector) {
    this.engine = engine;
    this.n = projector.n;
    this.padding = projector.padding;
    this.grid = halfGrid(projector.n, projector.padding);
    this.spectrum = engine.copyIn(projector.spectrum);
  }

  /**
   * @param rotations from `copyRotations`, shape [count, 9]
   * @param maxRadius_px frequencies beyond it, and from the Nyquist frequency on, are 0; at most n/2
   * @param out half-complex, shape [count, n, n/2+1], of images whose origin is at index 0; overwritten
   */
  slices(rotations: Rotations, maxRadius_px: number, out: Float32Array): Command[] {
    const { n, engine, grid } = this;
    const count = rotations.length / 9;
    checkSpectra(out, count, n);
    const args = [
      engine.arena.addressOf(this.spectrum),
      rotations.byteOffset,
      engine.arena.addressOf(out),
      ...geometry(n, this.padding, grid, maxRadius_px, count),
    ];
    return [{ operation: OPERATION.slice, items: count, args, scratch_bytes: 0 }];
  }

  /** Give back the grid. */
  dispose(): void {
    this.engine.arena.free(this.spectrum);
  }
}

/** Images to insert, in the engine's memory. */
export interface Insertion {
  /** half-complex, shape [count, n, n/2+1], origin of the images at index 0 */
  readonly spectra: Float32Array;
  /** shape [count, n, n/2+1], or null for 1 */
  readonly ctfs: Float32Array | null;
  /** from `copyRotations`, shape [count, 9] */
  readonly rotations: Rotations;
  /** shape [count] */
  readonly weights: Float32Array;
  /** frequencies beyond are left out; at most n/2 */
  readonly maxRadius_px: number;
}

/**
 * Adds many images at once to a back-projector's sums: the adjoint of `Slicer.slices`. Equations and layouts are those
 * of `BackProjector.insert` in src/math/backprojector.ts, whose other methods work on `cells` as they are:
 * `new BackProjector(n, { padding, cells })`.
 */
export class Inserter {
  readonly n: number;
  readonly padding: number;
  /** numerator re, im and denominator by cell, in the engine's memory: 12 bytes a cell, about 6·padding³·n³ in all */
  readonly cells: Float32Array;
  private readonly engine: Engine;
  private readonly grid: HalfGrid;

  /** @param n side of the images, px @param padding whole number, 1 to 4 */
  constructor(engine: Engine, n: number, padding = 2) {
    this.engine = engine;
    this.n = n;
    this.padding = padding;
    this.grid = halfGrid(n, padding);
    this.cells = engine.zeros(3 * this.grid.cells);
  }

  /** Add images. More at once is faster: each slab of the grid is brought into the cache once a call. */
  insert(images: Insertion): Command[] {
    const { n, engine, grid } = this;
    const { arena } = engine;
    const count = images.rotations.length / 9;
    checkSpectra(images.spectra, count, n);
    if (images.ctfs && 2 * images.ctfs.length !== images.spectra.length) {
      const message = `CTFs of ${count} images have ${images.ctfs.length} numbers, wanted ${images.spectra.length / 2}.`;
      throw new CsError('bug', 'CS_SLICE_SHAPE', message, { count, n });
    }
    if (images.weights.length !== count) {
      const message = `${images.weights.length} weights for ${count} images.`;
      throw new CsError('bug', 'CS_SLICE_SHAPE', message, { count, n });
    }
    const wanted = Math.max(3 * engine.threads, Math.ceil((12 * grid.cells) / SLAB_BYTES));
    const slabs = Math.min(grid.side, wanted);
    const args = [
      arena.addressOf(this.cells),
      images.rotations.byteOffset,
      arena.addressOf(images.spectra),
      ...geometry(n, this.padding, grid, images.maxRadius_px, count),
      images.ctfs ? arena.addressOf(images.ctfs) : 0,
      arena.addressOf(images.weights),
      slabs,
    ];
    return [{ operation: OPERATION.insert, items: slabs, args, scratch_bytes: 0 }];
  }

  /** Give back the sums. */
  dispose(): void {
    this.engine.arena.free(this.cells);
  }
}

function geometry(n: number, padding: number, grid: HalfGrid, maxRadius_px: number, count: number): number[] {
  const max2 = Math.floor(maxSquaredRadius(n, maxRadius_px));
  return [n, padding, grid.radius, grid.side, grid.width, max2, count];
}

function checkSpectra(spectra: Float32Array, count: number, n: number): void {
  const wanted = 2 * count * n * (Math.floor(n / 2) + 1);
  if (Number.isInteger(count) && spectra.length === wanted) return;
  const message = `Slices of ${count} rotations at side ${n} have ${spectra.length} numbers, wanted ${wanted}.`;
  throw new CsError('bug', 'CS_SLICE_SHAPE', message, { found: spectra.length, wanted });
}
