import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { confirmAddresses, makeTenant, type TestTenant } from '../support/factories';
import { act, asOperator } from './as-operator';
import { enterAs, expect, operator, send, signIn, test, url } from './support';
import { closeWorlds } from './worlds';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

test.afterAll(closeWorlds);

test.describe.configure({ timeout: 120_000 });

const ask = (tenant: TestTenant) =>
  send({
    host: tenant.host,
    path: '/api/v1/traces',
    headers: { authorization: `Bearer ${tenant.firstKey.key}` },
  });

test('the demo operator signs in, and finds their console', async ({ page }) => {
  await page.goto(url('cloud', '/login'));
  await signIn(page, operator());
  await page.getByRole('link', { name: 'Operator’s console' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Health' })).toBeVisible();
  await expect(page).toHaveURL(url('cloud', '/admin'));
});

test('an operator suspends an abusive tenant, sees its 403, and lets it in again', async ({ page }) => {
  const tenant = await makeTenant();
  expect((await ask(tenant)).status).toBe(200);
  await asOperator(page, `/admin/tenants?q=${tenant.slug}`);
  await page.getByRole('link', { name: tenant.slug }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: tenant.name })).toBeVisible();

  await act(page, 'Suspend', 'Suspend', 'floods the API');
  await expect(page.getByText(`${tenant.name} is suspended.`)).toBeVisible();
  await expect
    .poll(async () => JSON.parse((await ask(tenant)).text) as unknown)
    .toMatchObject({ error: { code: 'tenant_suspended' } });
  expect((await ask(tenant)).status).toBe(403);
  const shown = await send({ host: tenant.host, path: '/traces', headers: { cookie: tenant.admin.cookie } });
  expect(shown.status).toBe(403);
  expect(shown.text).toContain('This workspace is suspended');

  await expect(page.getByText('suspended', { exact: true })).toBeVisible();
  await act(page, 'Reactivate', 'Reactivate', 'has stopped');
  await expect.poll(async () => (await ask(tenant)).status).toBe(200);
  await expect(page.getByRole('list', { name: 'Audit log' })).toContainText('floods the API');
});

test('an operator enters as support, can change nothing, and is seen in the tenant’s audit log', async ({
  page,
  browser,
}) => {
  const tenant = await makeTenant();
  await confirmAddresses(tenant.admin);
  const somebody = await asOperator(page, `/admin/tenants/${tenant.id}`);
  await act(page, 'Enter as support', 'Enter', 'a ticket about missing traces');
  await page.waitForURL(url(tenant.slug, '/traces'));
  const banner = page.getByRole('region', { name: 'Support session' });
  for (const path of ['/overview', '/settings/members', '/traces']) {
    await page.goto(url(tenant.slug, path));
    await expect(banner).toContainText('You are here as support');
    await expect(banner).toContainText('You can change nothing');
  }
  // The server says so, and not the page alone.
  const refused = await page.goto(url(tenant.slug, '/settings/workspace'));
  expect(refused?.status()).toBe(403);
  const written = await page.evaluate(async () => {
    const body = JSON.stringify({ trace_id: 'by-support', user_input: 'x' });
    const headers = { 'content-type': 'application/json' };
    return (await fetch('/api/v1/traces', { method: 'POST', headers, body })).status;
  });
  expect(written).toBe(403);

  // The second step, in the operator's console.
  await page.goto(url('cloud', `/admin/tenants/${tenant.id}`));
  await act(page, 'Change things there', 'Allow changes', 'renames it, as asked');
  await expect(page.getByText('You may change things there now.')).toBeVisible();
  await page.goto(url(tenant.slug, '/settings/workspace'));
  await expect(banner).toContainText('You may change things until');
  await expect(page.getByRole('button', { name: /^Delete/ })).toHaveCount(0);

  const admin = await browser.newPage();
  await enterAs(admin, tenant.admin);
  await admin.goto(url(tenant.slug, '/settings/audit'));
  const log = admin.getByRole('list', { name: 'Audit log' });
  await expect(log).toContainText('Support looked into the console');
  await expect(log).toContainText('a ticket about missing traces');
  await expect(log).toContainText('Support was allowed to change things');
  await expect(log).toContainText(somebody.email);

  // Its admins can forbid it, and then nobody looks in any more.
  await admin.goto(url(tenant.slug, '/settings/workspace'));
  await admin.getByRole('button', { name: 'Do not let support in' }).click();
  await expect(admin.getByText('Support may not look in.', { exact: true })).toBeVisible();
  await admin.close();
  expect((await page.goto(url(tenant.slug, '/traces')))?.status()).toBe(403);
  await page.goto(url('cloud', `/admin/tenants/${tenant.id}`));
  await expect(page.getByRole('heading', { level: 1, name: tenant.name })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Enter as support' })).toHaveCount(0);
});

test('health shows anew without being loaded again', async ({ page }) => {
  await asOperator(page);
  await expect(page.getByRole('heading', { level: 1, name: 'Health' })).toBeVisible();
  const asOf = page.locator('main time').first();
  const before = await asOf.getAttribute('datetime');
  await expect.poll(() => asOf.getAttribute('datetime'), { timeout: 40_000 }).not.toBe(before);
});

/** The pages by what stands at their head. */
const pages = {
  Health: '/admin',
  Tenants: '/admin/tenants',
  Metering: '/admin/metering',
  Billing: '/admin/billing',
  Jobs: '/admin/jobs',
  People: '/admin/people',
  'Operator keys': '/admin/keys',
  'Audit log': '/admin/audit',
};

const looks = [
  { scheme: 'light', width: 1280 },
  { scheme: 'dark', width: 390 },
] as const;

for (const { scheme, width } of looks)
  test(`the console is accessible, ${scheme} and ${width} px wide`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    const tenant = await makeTenant();
    await asOperator(page);
    const ofTenant = {
      [tenant.name]: `/admin/tenants/${tenant.id}`,
      'Ada Test': `/admin/people/${tenant.admin.userId}`,
    };
    for (const [heading, path] of Object.entries({ ...pages, ...ofTenant })) {
      expect((await page.goto(url('cloud', path)))?.status(), path).toBe(200);
      await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(overflow, `${path} scrolls sideways`).toBeLessThanOrEqual(0);
      await page.evaluate(axe);
      const found = await page.evaluate(async () => {
        const { violations } = await (
          window as unknown as {
            axe: { run: () => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          }
        ).axe.run();
        return violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`,
        );
      });
      expect(found, path).toEqual([]);
      if (process.env.E2E_SHOTS)
        await page.screenshot({
          path: `${process.env.E2E_SHOTS}/${path.split('/').slice(2, 3).join('') || 'health'}-${path.split('/').length}-${scheme}-${width}.png`,
          fullPage: true,
        });
    }
  });
