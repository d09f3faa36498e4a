import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsError } from '../base/errors.ts';
import { angleBetween_rad, identity, multiply, transpose } from './rotation.ts';
import { symmetryOperators } from './symmetry.ts';

const ORDERS: Record<string, number> = {
  C1: 1,
  C2: 2,
  C7: 7,
  C999: 999,
  D2: 4,
  D7: 14,
  T: 12,
  O: 24,
  I: 60,
  I1: 60,
  I2: 60,
};

/** Whether a group has a rotation by 2π/order about an axis. */
function hasAxis(name: string, order: number, axis: readonly number[]): boolean {
  const length = Math.hypot(...axis);
  return symmetryOperators(name).some((S) => {
    const [x, y, z] = axis.map((a) => a / length);
    const turned = [S[0] * x + S[1] * y + S[2] * z, S[3] * x + S[4] * y + S[5] * z, S[6] * x + S[7] * y + S[8] * z];
    const kept = Math.hypot(turned[0] - x, turned[1] - y, turned[2] - z) < 1e-9;
    return kept && Math.abs(angleBetween_rad(identity(), S) - (2 * Math.PI) / order) < 1e-9;
  });
}

test('each point group has its order, and its first operator is the unit matrix', () => {
  for (const [name, order] of Object.entries(ORDERS)) {
    const operators = symmetryOperators(name);
    assert.equal(operators.length, order, name);
    assert.deepEqual(operators[0], identity(), name);
  }
});

test('operators are proper rotations that form a group: products and inverses are among them', () => {
  for (const name of ['C5', 'D3', 'D7', 'T', 'O', 'I1', 'I2']) {
    const operators = symmetryOperators(name);
    const has = (R: Float64Array): boolean => operators.some((S) => S.every((s, i) => Math.abs(s - R[i]) < 1e-9));
    for (const A of operators) {
      const [a, b, c, d, e, f, g, h, i] = A;
      const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
      assert.ok(Math.abs(determinant - 1) < 1e-9, `${name}: determinant ${determinant}`);
      assert.ok(has(transpose(A)), `${name}: an inverse is missing`);
      for (const B of operators) assert.ok(has(multiply(A, B)), `${name}: a product is missing`);
    }
  }
});

test('axes stand where the convention has them', () => {
  const phi = (1 + Math.sqrt(5)) / 2;
  const cases: [string, number, number[]][] = [
    ['C7', 7, [0, 0, 1]],
    ['D7', 7, [0, 0, 1]],
    ['D7', 2, [1, 0, 0]],
    ['T', 3, [0, 0, 1]],
    ['T', 2, [0, Math.SQRT2, 1]],
    ['O', 4, [1, 0, 0]],
    ['O', 4, [0, 0, 1]],
    ['O', 3, [1, -1, 1]],
    ['I', 5, [1, 0, phi]],
    ['I1', 5, [phi, 0, 1]],
    ['I1', 2, [1, 0, 0]],
    ['I2', 2, [0, 1, 0]],
    ['I2', 3, [1, 1, 1]],
  ];
  for (const [name, order, axis] of cases)
    assert.ok(hasAxis(name, order, axis), `${name}: ${order}-fold at ${axis.join()}`);
  assert.ok(!hasAxis('D7', 2, [0, 1, 0]), 'D7 has no two-fold on y');
  assert.ok(!hasAxis('I', 5, [phi, 0, 1]), 'I is not I1');
});

test('names may be written in small letters and with blanks, others are refused with the name in the message', () => {
  assert.equal(symmetryOperators(' d2 ').length, 4);
  for (const name of ['', 'C0', 'D', 'C-1', 'I3', 'X4', 'C1000', 'c2v']) {
    assert.throws(
      () => symmetryOperators(name),
      (error) => error instanceof CsError && error.code === 'CS_SYMMETRY' && error.message.includes(`"${name}"`),
      name,
    );
  }
});
