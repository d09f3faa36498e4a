import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { INSTALL_DIR } from '../../src/host/version.ts';
import { TempInstance } from '../temp-instance.ts';
import { openPage, waitForPicture, withoutBrowser } from './browser.ts';

const EMAIL = 'ada@example.org';
const PASSWORD = 'correct horse battery';
/** A job of a few hundred small images takes seconds; this is for a machine that does other things too. */
const JOB_MS = 60_000;

/** An instance with one account and this machine as its worker. */
async function startInstance(t: TestContext): Promise<TempInstance> {
  if (!existsSync(`${INSTALL_DIR}/build/web/index.html`)) {
    await build({ configFile: `${INSTALL_DIR}/src/web/vite.config.ts`, logLevel: 'warn' });
  }
  const instance = await TempInstance.create();
  t.after(() => instance.remove());
  const started = await instance.cryosparcm('start');
  assert.equal(started.status, 0, started.stderr);
  const names = ['--username', 'ada', '--firstname', 'Ada', '--lastname', 'Lovelace'];
  const created = await instance.cryosparcm('createuser', '--email', EMAIL, '--password', PASSWORD, ...names);
  assert.equal(created.status, 0, created.stderr);
  const at = ['--worker', 'localhost', '--master', 'localhost', '--port', String(instance.base_port)];
  const slots = ['--cpus', '4', '--rams', '4', '--nogpu', '--nossd'];
  const connected = spawnSync(`${INSTALL_DIR}/bin/cryosparcw`, ['connect', ...at, ...slots], { env: instance.env });
  assert.equal(connected.status, 0, String(connected.stderr));
  return instance;
}

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
  page.setDefaultTimeout(15_000);

  await page.goto(`${instance.url}/projects`);
  await page.waitForURL(/\/login/);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByRole('textbox', { name: 'Password' }).fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('do not belong to an account').waitFor();
  await page.getByRole('textbox', { name: 'Password' }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/projects$/);

  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Title').fill('Barrel');
  await page.getByLabel('Container directory').fill(instance.projects_dir);
  await page.getByRole('button', { name: 'Create project', exact: true }).click();
  await page.waitForURL(/\/projects\/P1$/);
  await page.getByRole('button', { name: 'New workspace' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('First look');
  await page.getByRole('button', { name: 'Create workspace', exact: true }).click();
  await page.waitForURL(/\/workspaces\/W1/);

  await page.getByRole('button', { name: 'New job' }).click();
  await page.locator('[data-type="simulator"]').click();
  await page.locator('aside[aria-label="Job J1"]').waitFor();
  await setParam(page, 'Box size', '48');
  await setParam(page, 'Pixel size', '3.5');
  await setParam(page, 'Number of particles', '150');
  await page.getByLabel('Number of particles', { exact: true }).fill('-3');
  await page.getByLabel('Number of particles', { exact: true }).press('Enter');
  await page.getByText('Must be at least 1.').waitFor();
  await page.getByLabel('Number of particles', { exact: true }).fill('150');
  await page.getByLabel('Number of particles', { exact: true }).press('Enter');
  await queueAndWait(page, 'J1');

  await page.getByRole('button', { name: 'New job' }).click();
  await page.locator('[data-type="homo_reconstruct"]').click();
  await page.locator('aside[aria-label="Job J2"]').waitFor();
  const input = page.locator('[data-input="J2.particles"]');
  await page.locator('.job-card [data-output="J1.volume"]').dragTo(input);
  assert.equal(await input.locator('.connection').count(), 0, 'a volume is not taken by the input of particles');
  await page.locator('.job-card [data-output="J1.particles"]').dragTo(input);
  await input.locator('.connection', { hasText: 'J1' }).waitFor();
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

  assert.deepEqual(faults, []);
});
