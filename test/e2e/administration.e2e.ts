import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage, withoutBrowser } from './browser.ts';
import { EMAIL, createProject, makeJob, signIn, startInstance } from './instance.ts';

const GUEST = 'grace@example.org';
const GUEST_PASSWORD = 'a moth in relay 70';

test('an administrator makes an account and shares a project with it; the guest sees that project and no more', {
  skip: withoutBrowser(),
  timeout: 90_000,
}, async (t) => {
  const instance = await startInstance(t);
  const { page, faults } = await openPage(t, instance.url);
  await signIn(page, instance.url);

  await page.goto(`${instance.url}/users`);
  await page.getByRole('button', { name: 'New user' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Email').fill(GUEST);
  await dialog.getByRole('textbox', { name: 'Password' }).fill('short');
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await dialog.getByText('at least 8 characters').last().waitFor();
  await dialog.getByRole('textbox', { name: 'Password' }).fill(GUEST_PASSWORD);
  await dialog.getByRole('button', { name: 'Create user' }).click();
  await page.getByRole('row', { name: new RegExp(GUEST) }).waitFor();
  await createProject(page, instance, 'Shared');
  await createProject(page, instance, 'Private');

  const guest = await openPage(t, instance.url);
  await signIn(guest.page, instance.url, GUEST, GUEST_PASSWORD);
  await guest.page.goto(`${instance.url}/projects`);
  await guest.page.getByText('No project yet').waitFor();
  assert.equal(await guest.page.getByRole('link', { name: 'Users' }).count(), 0, 'a plain user administers nobody');

  await page.goto(`${instance.url}/projects`);
  await page.getByRole('button', { name: 'Actions of P1' }).click();
  await page.getByRole('menuitem', { name: 'Share' }).click();
  await page.getByRole('combobox', { name: 'Share with' }).or(page.getByLabel('Share with')).first().click();
  await page.getByRole('option', { name: GUEST }).click();
  await page.getByRole('button', { name: `Stop sharing with ${GUEST}` }).waitFor();
  await guest.page.reload();
  await guest.page.getByRole('link', { name: 'Shared' }).waitFor();
  assert.equal(await guest.page.getByRole('link', { name: 'Private' }).count(), 0);
  await guest.page.goto(`${instance.url}/projects/P2`);
  await guest.page.locator('.problem').waitFor();

  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Actions of P1' }).click();
  await page.getByRole('menuitem', { name: 'Pause' }).click();
  await page.getByRole('row', { name: /P1/ }).getByText('Paused').waitFor();
  await page.getByRole('button', { name: 'Actions of P1' }).click();
  await page.getByRole('menuitem', { name: 'Edit title' }).click();
  await page.getByRole('dialog').getByLabel('Title').fill('Renamed');
  await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Renamed' }).waitFor();

  await page.goto(`${instance.url}/users`);
  const row = page.getByRole('row', { name: new RegExp(GUEST) });
  await row.getByRole('button').last().click();
  await page.getByRole('menuitem', { name: /Delete/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /Delete/ })
    .click();
  await row.waitFor({ state: 'detached' });
  await page.getByText(EMAIL).first().waitFor();
  assert.deepEqual([...faults, ...guest.faults], []);
});

test('several jobs are marked and cloned or deleted together; a pasted parameter and a wrong drop are told in words', {
  skip: withoutBrowser(),
  timeout: 90_000,
}, async (t) => {
  const instance = await startInstance(t);
  const { page, faults } = await openPage(t, instance.url);
  await signIn(page, instance.url);
  await createProject(page, instance, 'Marks');
  await makeJob(page, 'simulator', 'J1');
  await makeJob(page, 'homo_reconstruct', 'J2');

  await page.getByRole('button', { name: 'Copy or paste parameters as JSON' }).click();
  const text = page.getByLabel('Parameters as JSON', { exact: true });
  await text.fill('{"refine_symmetry": 7}');
  await page.getByText('refine_symmetry must be a string, found 7.').waitFor();
  await text.fill('{"refine_symmetry": "D7", "num_particles": 5}');
  await page.getByText('does not have num_particles').waitFor();
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel('Symmetry', { exact: true }).inputValue(), 'D7');

  const chip = page.locator('.job-card [data-output="J1.volume"]');
  const input = page.locator('[data-input="J2.particles"]');
  await chip.hover();
  await page.mouse.down();
  const box = await input.boundingBox();
  assert.ok(box);
  await page.mouse.move(box.x + 40, box.y + 20, { steps: 8 });
  await input.getByText('Takes particles; this is a volume.').waitFor();
  await page.mouse.up();
  assert.equal(await input.locator('.connection').count(), 0);

  await page.locator('[data-job="J1"]').click();
  await page.locator('[data-job="J2"]').click({ modifiers: ['Shift'] });
  const bar = page.getByRole('toolbar', { name: 'Actions on the marked jobs' });
  await bar.getByText('2 jobs marked').waitFor();
  await bar.getByRole('button', { name: 'Clone' }).click();
  await page.locator('[data-job="J4"]').waitFor();
  await page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+a');
  await bar.getByText('4 jobs marked').waitFor();
  await bar.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete 4 jobs' }).click();
  await page.getByText('No job yet').waitFor();
  assert.deepEqual(faults, []);
});
