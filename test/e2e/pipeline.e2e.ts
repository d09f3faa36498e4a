import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { openPage, waitForPicture, withoutBrowser } from './browser.ts';
import { EMAIL, PASSWORD, createProject, makeJob, signIn, startInstance } from './instance.ts';

/** A job of a few hundred small images takes seconds; this is for a machine that does other things too. */
const JOB_MS = 60_000;

async function setParam(page: Page, label: string, value: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true });
  await field.fill(value);
  const saved = page.waitForResponse((r) => r.url().endsWith('/api/jobs.set_param'));
  await field.press('Enter');
  assert.equal((await saved).status(), 200, label);
}

async function queueAndWait(page: Page, uid: string): Promise<void> {
  await page.getByRole('button', { name: 'Queue job' }).click();
  const badge = page.locator(`aside[aria-label="Job ${uid}"] header .status`);
  await badge.filter({ hasText: /Completed|Failed|Killed/ }).waitFor({ timeout: JOB_MS });
  const problems = await page.locator('aside .problem').allInnerTexts();
  assert.equal((await badge.innerText()).trim(), 'Completed', `${uid}: ${problems.join('; ')}`);
}

test('from signing in to a map: simulate, drag, reconstruct, look, download', {
  skip: withoutBrowser(),
  timeout: 180_000,
}, async (t) => {
  const instance = await startInstance(t);
  const { page, faults } = await openPage(t, instance.url);

  await page.goto(`${instance.url}/projects`);
  await page.waitForURL(/\/login/);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('do not belong to an account').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/projects$/);

  await createProject(page, instance, 'Barrel');
  await makeJob(page, 'simulator', 'J1');
  await setParam(page, 'Box size', '48');
  await setParam(page, 'Pixel size', '3.5');
  await setParam(page, 'Number of particles', '150');
  await page.getByLabel('Number of particles', { exact: true }).fill('-3');
  await page.getByLabel('Number of particles', { exact: true }).press('Enter');
  await page.getByText('Must be at least 1.').waitFor();
  await page.getByLabel('Number of particles', { exact: true }).fill('150');
  await page.getByLabel('Number of particles', { exact: true }).press('Enter');
  await queueAndWait(page, 'J1');

  await makeJob(page, 'homo_reconstruct', 'J2');
  const input = page.locator('[data-input="J2.particles"]');
  await page.locator('.job-card [data-output="J1.volume"]').dragTo(input);
  assert.equal(await input.locator('.connection').count(), 0, 'a volume is not taken by the input of particles');
  await page.locator('.job-card [data-output="J1.particles"]').dragTo(input);
  await input.locator('.connection', { hasText: 'J1' }).waitFor();
  await input.getByRole('button', { name: 'Show the slots of J1.particles' }).click();
  await input.locator('[data-slot="alignments3D"]').getByText('J1.particles.alignments3D').waitFor();
  await setParam(page, 'Symmetry', 'D7');
  await queueAndWait(page, 'J2');

  await page.goto(`${instance.url}/projects/P1/jobs/J2?tab=log`);
  await page.locator('.event').nth(2).waitFor();
  await page.goto(`${instance.url}/projects/P1/jobs/J2`);
  await page.locator('.job-figures svg.figure').first().waitFor();
  await page.locator('.output-card', { hasText: 'Volume' }).getByText('Å').first().waitFor();

  await page.locator('.view-map').first().click();
  const surface = '[data-testid="surface"]';
  const first = await waitForPicture(page, surface, 'a surface', (p) => p.share > 0.01);
  await page.locator('.volume-controls [role="slider"]').first().focus();
  for (let i = 0; i < 20; i++) await page.keyboard.press('ArrowRight');
  await waitForPicture(
    page,
    surface,
    'another surface at another threshold',
    (p) => p.share > 0.001 && p.sum !== first.sum,
  );
  await page.getByText('Slices', { exact: true }).click();
  await waitForPicture(page, '[data-testid="slice"]', 'a slice', (p) => p.share > 0.01);

  await page.getByRole('tab', { name: 'Dashboard' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'map.mrc' }).first().click();
  const file = readFileSync(await (await downloading).path());
  assert.equal(file.toString('latin1', 208, 211), 'MAP', 'the downloaded file is an MRC');
  assert.equal(file.length, 1024 + 48 ** 3 * 4);

  await page.getByRole('button', { name: 'Build next from J2.volume' }).click();
  await page.locator('[data-next="volume_tools"]').click();
  await page.waitForURL(/\/jobs\/J3/);
  await page.locator('[data-input="J3.volume"] .connection', { hasText: 'J2' }).waitFor();

  const plain = await openPage(t, instance.url, { webgl: false });
  await signIn(plain.page, instance.url);
  await plain.page.goto(`${instance.url}/projects/P1/jobs/J2?tab=volume`);
  await plain.page.getByText('This browser offers no WebGL 2').waitFor();
  await plain.page.getByRole('button', { name: 'Show slices' }).click();
  await waitForPicture(plain.page, '[data-testid="slice"]', 'a slice without WebGL', (p) => p.share > 0.01);

  assert.deepEqual([...faults, ...plain.faults], []);
});
