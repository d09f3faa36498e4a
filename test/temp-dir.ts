import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A temporary directory that is removed when the test ends. */
export function tempDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'cs-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Seed of a test's random numbers, drawn anew each time; messages of assertions name it. `CS_TEST_SEED` repeats one. */
export function drawSeed(): number {
  return Number(process.env['CS_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
}
