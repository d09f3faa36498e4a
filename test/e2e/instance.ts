import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { INSTALL_DIR } from '../../src/host/version.ts';
import { TempInstance } from '../temp-instance.ts';

export const EMAIL = 'first.user@example.org';
export const PASSWORD = 'correct horse battery';

/** An instance with one account, an administrator's, and this machine as its worker. */
export async function startInstance(t: TestContext): Promise<TempInstance> {
  if (isStale()) await build({ configFile: `${INSTALL_DIR}/src/web/vite.config.ts`, logLevel: 'warn' });
  const instance = await TempInstance.create();
  t.after(() => instance.remove());
  const started = await instance.cryosparcm('start');
  assert.equal(started.status, 0, started.stderr);
  const names = ['--username', 'first', '--firstname', 'First', '--lastname', 'User'];
  const created = await instance.cryosparcm('createuser', '--email', EMAIL, '--password', PASSWORD, ...names);
  assert.equal(created.status, 0, created.stderr);
  const at = ['--worker', 'localhost', '--master', 'localhost', '--port', String(instance.base_port)];
  const slots = ['--cpus', '4', '--rams', '4', '--nogpu', '--nossd'];
  const connected = spawnSync(`${INSTALL_DIR}/bin/cryosparcw`, ['connect', ...at, ...slots], { env: instance.env });
  assert.equal(connected.status, 0, String(connected.stderr));
  return instance;
}

/** Whether the built pages are missing, or older than a source that they are made of. */
function isStale(): boolean {
  const built = `${INSTALL_DIR}/build/web/index.html`;
  if (!existsSync(built)) return true;
  const built_ms = statSync(built).mtimeMs;
  return ['src/web', 'src/schema', 'src/base'].some((folder) =>
    readdirSync(`${INSTALL_DIR}/${folder}`, { recursive: true, withFileTypes: true }).some(
      (entry) => entry.isFile() && statSync(`${entry.parentPath}/${entry.name}`).mtimeMs > built_ms,
    ),
  );
}

export async function signIn(page: Page, url: string, email = EMAIL, password = PASSWORD): Promise<void> {
  await page.goto(`${url}/login`);
  await page.getByLabel('Email').fill(email);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((address) => address.pathname !== '/login');
}

/** A project with one workspace, made in the browser; ends in the workspace. */
export async function createProject(page: Page, instance: TempInstance, title: string): Promise<void> {
  await page.goto(`${instance.url}/projects`);
  await page.getByRole('button', { name: 'New project' }).click();
  await page.getByLabel('Title').fill(title);
  await page.getByLabel('Container directory').fill(instance.projects_dir);
  await page.getByRole('button', { name: 'Create project', exact: true }).click();
  await page.waitForURL(/\/projects\/P\d+$/);
  await page.getByRole('button', { name: 'New workspace' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('First look');
  await page.getByRole('button', { name: 'Create workspace', exact: true }).click();
  await page.waitForURL(/\/workspaces\/W1/);
}

/** Chooses a job type in the list of the workspace's side panel. */
export async function makeJob(page: Page, type: string, uid: string): Promise<void> {
  await page.getByRole('button', { name: 'New job' }).click();
  await page.locator(`[data-type="${type}"]`).click();
  await page.locator(`aside[aria-label="Job ${uid}"]`).waitFor();
}
