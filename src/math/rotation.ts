import type { Rng } from '../base/rng.ts';

/**
 * Rotations of 3D space as row-major 3 × 3 matrices R that map world to view: view = R · world.
 */

/** The unit matrix, a new array. */
export function identity(): Float64Array {
  return Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
}

/**
 * Matrix of a pose as `alignments3D/pose` holds it: a rotation vector w (axis times angle, rad). Its matrix is the
 * transpose of the textbook exponential map: R = I + sin|w| K + (1 - cos|w|) K² with
 * K = [[0, w3, -w2], [-w3, 0, w1], [w2, -w1, 0]] / |w|.
 *
 * @param w0 x component, rad @param w1 y component, rad @param w2 z component, rad
 * @param out row-major, 9 numbers
 * @returns `out`
 */
export function poseToMatrix(w0: number, w1: number, w2: number, out = new Float64Array(9)): Float64Array {
  const angle_rad = Math.hypot(w0, w1, w2);
  // sin a / a and (1 - cos a) / a², the latter without cancellation at small angles
  const s = angle_rad > 0 ? Math.sin(angle_rad) / angle_rad : 1;
  const half = angle_rad / 2;
  const c = half > 0 ? 0.5 * (Math.sin(half) / half) ** 2 : 0.5;
  out[0] = 1 - c * (w1 * w1 + w2 * w2);
  out[1] = s * w2 + c * w0 * w1;
  out[2] = -s * w1 + c * w0 * w2;
  out[3] = -s * w2 + c * w0 * w1;
  out[4] = 1 - c * (w0 * w0 + w2 * w2);
  out[5] = s * w0 + c * w1 * w2;
  out[6] = s * w1 + c * w0 * w2;
  out[7] = -s * w0 + c * w1 * w2;
  out[8] = 1 - c * (w0 * w0 + w1 * w1);
  return out;
}

/**
 * Pose of a matrix: inverse of `poseToMatrix`, with an angle of 0 to π. Goes through the unit quaternion, its largest
 * component first (Shepperd, J. Guid. Control 1:223, 1978, doi:10.2514/3.55767b), so that it is exact at 0 and at π.
 *
 * @param R rotation, row-major, 9 numbers
 * @returns rotation vector, 3 numbers, rad
 */
export function matrixToPose(R: Float64Array): Float64Array {
  const [r00, r01, r02, r10, r11, r12, r20, r21, r22] = R;
  let q: [w: number, x: number, y: number, z: number];
  const trace = r00 + r11 + r22;
  if (trace >= r00 && trace >= r11 && trace >= r22) q = [1 + trace, r12 - r21, r20 - r02, r01 - r10];
  else if (r00 >= r11 && r00 >= r22) q = [r12 - r21, 1 + r00 - r11 - r22, r01 + r10, r02 + r20];
  else if (r11 >= r22) q = [r20 - r02, r01 + r10, 1 + r11 - r00 - r22, r12 + r21];
  else q = [r01 - r10, r02 + r20, r12 + r21, 1 + r22 - r00 - r11];
  const sign = q[0] < 0 ? -1 : 1;
  const length = Math.hypot(q[1], q[2], q[3]);
  const angle_rad = 2 * Math.atan2(length, Math.abs(q[0]));
  const f = length > 0 ? (sign * angle_rad) / length : 0;
  return Float64Array.of(f * q[1], f * q[2], f * q[3]);
}

/**
 * Matrix of RELION's Euler angles (ZYZ): R = Rz(psi) Ry(tilt) Rz(rot), each turning the axes, so that
 * Rz(a) = [[cos a, sin a, 0], [-sin a, cos a, 0], [0, 0, 1]] and Ry(a) = [[cos a, 0, -sin a], [0, 1, 0], [sin a, 0, cos a]].
 * Heymann et al., J. Struct. Biol. 151:196, 2005, doi:10.1016/j.jsb.2005.06.001.
 *
 * @param rot_rad first angle @param tilt_rad second angle @param psi_rad third angle
 * @param out row-major, 9 numbers
 * @returns `out`
 */
export function eulerToMatrix(
  rot_rad: number,
  tilt_rad: number,
  psi_rad: number,
  out = new Float64Array(9),
): Float64Array {
  const [ca, sa] = [Math.cos(rot_rad), Math.sin(rot_rad)];
  const [cb, sb] = [Math.cos(tilt_rad), Math.sin(tilt_rad)];
  const [cg, sg] = [Math.cos(psi_rad), Math.sin(psi_rad)];
  out[0] = cg * cb * ca - sg * sa;
  out[1] = cg * cb * sa + sg * ca;
  out[2] = -cg * sb;
  out[3] = -sg * cb * ca - cg * sa;
  out[4] = -sg * cb * sa + cg * ca;
  out[5] = sg * sb;
  out[6] = sb * ca;
  out[7] = sb * sa;
  out[8] = cb;
  return out;
}

/**
 * RELION's Euler angles of a matrix; at tilt 0 or π, where only a sum or difference is defined, rot is 0.
 *
 * @param R rotation, row-major, 9 numbers
 * @returns rot (-π to π), tilt (0 to π), psi (-π to π), rad
 */
export function matrixToEuler(R: Float64Array): { rot_rad: number; tilt_rad: number; psi_rad: number } {
  const sinTilt = Math.hypot(R[6], R[7]);
  if (sinTilt > 1e-9) {
    const tilt_rad = Math.atan2(sinTilt, R[8]);
    return { rot_rad: Math.atan2(R[7], R[6]), tilt_rad, psi_rad: Math.atan2(R[5], -R[2]) };
  }
  // R = Rz(psi) or Rz(psi) Ry(π)
  return R[8] > 0
    ? { rot_rad: 0, tilt_rad: 0, psi_rad: Math.atan2(R[1], R[0]) }
    : { rot_rad: 0, tilt_rad: Math.PI, psi_rad: Math.atan2(R[3], -R[0]) };
}

/**
 * A rotation drawn uniformly from SO(3): the direction of a normal vector in four dimensions, as a quaternion.
 * @returns row-major, 9 numbers
 */
export function randomRotation(rng: Rng): Float64Array {
  for (;;) {
    const w = rng.normal();
    const x = rng.normal();
    const y = rng.normal();
    const z = rng.normal();
    const norm2 = w * w + x * x + y * y + z * z;
    if (norm2 < 1e-20) continue;
    const f = 2 / norm2;
    return Float64Array.of(
      1 - f * (y * y + z * z),
      f * (x * y - w * z),
      f * (x * z + w * y),
      f * (x * y + w * z),
      1 - f * (x * x + z * z),
      f * (y * z - w * x),
      f * (x * z - w * y),
      f * (y * z + w * x),
      1 - f * (x * x + y * y),
    );
  }
}

/** Matrix that turns vectors by an angle about an axis, counter-clockwise seen from its tip. @param axis 3 numbers, any length */
export function axisRotation(axis: ArrayLike<number>, angle_rad: number): Float64Array {
  const f = angle_rad / Math.hypot(axis[0], axis[1], axis[2]);
  return poseToMatrix(-f * axis[0], -f * axis[1], -f * axis[2]);
}

/** Product A · B of 3 × 3 matrices. @param out not A or B @returns `out` */
export function multiply(A: Float64Array, B: Float64Array, out = new Float64Array(9)): Float64Array {
  for (let i = 0; i < 9; i += 3) {
    for (let j = 0; j < 3; j++) out[i + j] = A[i] * B[j] + A[i + 1] * B[j + 3] + A[i + 2] * B[j + 6];
  }
  return out;
}

/** Transpose, for a rotation the inverse; a new array. */
export function transpose(R: Float64Array): Float64Array {
  return Float64Array.of(R[0], R[3], R[6], R[1], R[4], R[7], R[2], R[5], R[8]);
}

/** Angle by which two rotations differ, rad, 0 to π. */
export function angleBetween_rad(A: Float64Array, B: Float64Array): number {
  const w = matrixToPose(multiply(transpose(A), B));
  return Math.hypot(w[0], w[1], w[2]);
}
