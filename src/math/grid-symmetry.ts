import type { Slab } from './backprojector.ts';
import type { HalfGrid } from './half-grid.ts';

/**
 * S(k) = Σ_Q S(Q k) over a point group, interpolated trilinearly, for cells within the sphere that slices reach.
 *
 * @param cells per cell numerator re, im, and denominator; the plane x = 0 complete with its Friedel mates
 * @param operators rotations, row-major, 9 numbers each
 * @param out laid out as `cells`; written in the sections asked for
 * @param sections sections z, counted from the grid's edge
 */
export function sumOverGroup(
  cells: Float32Array,
  grid: HalfGrid,
  operators: readonly Float64Array[],
  out: Float32Array,
  sections: Slab,
): void {
  const { radius, side, width } = grid;
  const reach2 = (radius - 1) ** 2;
  const centre = (radius * side + radius) * width;
  const stepY = 3 * width;
  const stepZ = 3 * side * width;
  for (let iz = sections.first; iz < sections.end; iz++) {
    for (let iy = 0; iy < side; iy++) {
      const wz = iz - radius;
      const wy = iy - radius;
      for (let wx = 0; wx < width && wz * wz + wy * wy + wx * wx <= reach2; wx++) {
        let re = 0;
        let im = 0;
        let power = 0;
        for (const Q of operators) {
          let x = Q[0] * wx + Q[1] * wy + Q[2] * wz;
          let y = Q[3] * wx + Q[4] * wy + Q[5] * wz;
          let z = Q[6] * wx + Q[7] * wy + Q[8] * wz;
          const sign = x < 0 ? -1 : 1;
          x *= sign;
          y *= sign;
          z *= sign;
          const x0 = Math.floor(x);
          const y0 = Math.floor(y);
          const z0 = Math.floor(z);
          const fx = x - x0;
          const fy = y - y0;
          const fz = z - z0;
          const a = 3 * (centre + (z0 * side + y0) * width + x0);
          const gx = 1 - fx;
          const w00 = (1 - fz) * (1 - fy);
          const w01 = (1 - fz) * fy;
          const w10 = fz * (1 - fy);
          const w11 = fz * fy;
          const b = a + stepY;
          const c = a + stepZ;
          const d = b + stepZ;
          re +=
            w00 * (gx * cells[a] + fx * cells[a + 3]) +
            w01 * (gx * cells[b] + fx * cells[b + 3]) +
            w10 * (gx * cells[c] + fx * cells[c + 3]) +
            w11 * (gx * cells[d] + fx * cells[d + 3]);
          im +=
            sign *
            (w00 * (gx * cells[a + 1] + fx * cells[a + 4]) +
              w01 * (gx * cells[b + 1] + fx * cells[b + 4]) +
              w10 * (gx * cells[c + 1] + fx * cells[c + 4]) +
              w11 * (gx * cells[d + 1] + fx * cells[d + 4]));
          power +=
            w00 * (gx * cells[a + 2] + fx * cells[a + 5]) +
            w01 * (gx * cells[b + 2] + fx * cells[b + 5]) +
            w10 * (gx * cells[c + 2] + fx * cells[c + 5]) +
            w11 * (gx * cells[d + 2] + fx * cells[d + 5]);
        }
        const o = 3 * ((iz * side + iy) * width + wx);
        out[o] = re;
        out[o + 1] = im;
        out[o + 2] = power;
      }
    }
  }
}
