import { readFile } from 'node:fs/promises';
import { makeTenant } from '../support/factories';
import { enterAs, expect, person, signIn, test, url } from './support';
import { closeWorlds } from './worlds';

test.afterAll(closeWorlds);

test('an admin finds who changed what, opens it, and takes it away', async ({ page }) => {
  const tenant = await makeTenant();
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, '/settings/workspace'));
  await page.getByLabel('Workspace name').fill('Renamed & <b>bold</b>');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByText('The name is changed.')).toBeVisible();

  await page.getByRole('link', { name: 'Audit log' }).click();
  const rows = page.getByRole('list', { name: 'Audit log' }).getByRole('listitem');
  await expect(rows).toHaveCount(4);
  await rows.first().getByText('Workspace renamed').click();
  await expect(rows.first().getByText('tenant.rename')).toBeVisible();
  await expect(rows.first().getByText(tenant.admin.userId)).toBeVisible();
  await expect(rows.first().getByText(/^req_/)).toBeVisible();
  await expect(rows.first().getByText('127.0.0.1')).toBeVisible();

  // A choice applies at once, and lists no more than it says.
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'API keys: everything' });
  await expect(page).toHaveURL(/action=api_key/);
  await expect(rows).toHaveCount(1);
  await page.getByLabel('Address, name or id').fill('no such thing');
  await page.getByLabel('Address, name or id').press('Enter');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('link', { name: 'Clear filters' }).first().click();
  await expect(rows).toHaveCount(4);
  await expect(page.getByLabel('Address, name or id')).toHaveValue('');
  await expect(page.getByLabel('What', { exact: true })).toHaveValue('');

  await page.getByLabel('From', { exact: true }).fill('2001-01-01');
  await page.getByLabel('To', { exact: true }).fill('2001-12-31');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await expect(page.getByLabel('To', { exact: true })).toHaveValue('2001-12-31');
  await page.getByRole('link', { name: 'Clear filters' }).first().click();

  await expect(page.getByLabel('To', { exact: true })).toHaveValue('');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Workspace renamed' });
  await expect(rows).toHaveCount(1);
  await page.getByRole('button', { name: 'Download' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /CSV/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/-audit-\d{4}-\d\d-\d\d\.csv$/);
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('"tenant.rename"');
  await page.goto(url(tenant.slug, '/settings/audit'));
  await expect(rows.first()).toContainText('Audit log downloaded');
});

test('the demo workspace’s log tells where its data came from', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('admin'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  const action = 'demo.seed';
  await page.goto(url('acme-corp', `/settings/audit?action=${action}`));
  await expect(page.getByRole('listitem').filter({ hasText: 'Demo data added' })).toContainText('System');
});
