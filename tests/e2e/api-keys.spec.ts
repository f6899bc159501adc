import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Locator, Page } from 'playwright/test';
import { withPlatform } from '@/db/tenant';
import { announceApiKeyChange, parseApiKey } from '@/lib/auth/api-key';
import { makeKey, makeTenant } from '../support/factories';
import { enterAs, expect, person, rootDomain, send, signIn, test, uniqueSlug, url } from './support';
import { closeWorlds, database } from './worlds';

test.afterAll(closeWorlds);

/** Sends a trace with a key, and answers the status. */
async function post(slug: string, key: string): Promise<number> {
  const answer = await send({
    host: `${slug}.${rootDomain}`,
    path: '/api/v1/traces',
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ trace_id: 'with-the-new-key' }),
  });
  return answer.status;
}

/** Reads the key that a dialog shows once, copies it and closes the dialog. */
async function takeKey(dialog: Locator): Promise<string> {
  const field = dialog.getByRole('textbox', { name: 'API key' });
  await expect(field).toHaveValue(/^rtk_(pub_)?[\w-]{76}$/);
  const key = await field.inputValue();
  await dialog.getByRole('button', { name: /^Copy/ }).first().click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  return key;
}

/** Signs the browser in without the form. */
async function choose(page: Page, row: Locator, item: string): Promise<Locator> {
  await row.getByRole('button', { name: /^Actions for/ }).click();
  await page.getByRole('menuitem', { name: item }).click();
  return page.getByRole(item.startsWith('Revoke') ? 'alertdialog' : 'dialog');
}

/** Lets a key end a moment from now, as if its overlap were over. */
async function letEnd(key: string): Promise<void> {
  const parsed = parseApiKey(key);
  if (!parsed) throw new Error('a key that does not parse');
  await database`update public.api_keys set expires_at = now() + interval '300 milliseconds' where id = ${parsed.keyId}`;
  await withPlatform((db) => announceApiKeyChange(db, parsed));
}

test('an admin makes a key and uses it, and sees when it was used', async ({ page }) => {
  const { slug, admin } = await makeTenant();
  await enterAs(page, admin);
  await page.goto(url(slug, '/settings/api-keys'));
  await page.getByRole('button', { name: 'Create key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog.getByText('Give the key a name.')).toBeVisible();
  await dialog.getByLabel('Name').fill('Production');
  for (const scope of ['traces:write', 'traces:read']) await dialog.getByLabel(scope).uncheck();
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog.getByText('Choose at least one.')).toBeVisible();
  await dialog.getByLabel('traces:write').check();
  await dialog.getByLabel('Expires').selectOption('In 90 days');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const first = await takeKey(dialog);
  expect(await page.content()).not.toContain(first);
  expect(await post(slug, first)).toBe(201);

  const row = page.getByRole('row', { name: /Production/ });
  await expect(row).toContainText('traces:write');
  await expect(row).not.toContainText('traces:read');
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText(/just now|minutes? ago/, { timeout: 3_000 });
  }).toPass();
  await expect(row).toContainText('127.0.0.1');
});

test('an admin renames a key, rotates it without a gap, and revokes it', async ({ page }) => {
  const tenant = await makeTenant();
  const { slug } = tenant;
  const { key: first } = await makeKey(tenant, { name: 'Production' });
  await enterAs(page, tenant.admin);
  await page.goto(url(slug, '/settings/api-keys'));
  const dialog = page.getByRole('dialog');
  const row = page.getByRole('row', { name: /Production/ });
  await (await choose(page, row, 'Rename…')).getByLabel('Name').fill('Shop');
  await dialog.getByRole('button', { name: 'Rename key' }).click();
  await expect(dialog).toBeHidden();
  const shop = page.getByRole('row', { name: /Shop/ });
  await expect(shop).toBeVisible();

  await (await choose(page, shop, 'Rotate…')).getByLabel('For 1 hour').check();
  await dialog.getByRole('button', { name: 'Rotate key' }).click();
  await expect(dialog).toContainText('The old key goes on working for 1 hour.');
  const second = await takeKey(dialog);
  expect(second).not.toBe(first);
  await expect(shop).toHaveCount(2);
  await expect(shop.nth(0)).toContainText('in the place of');
  await expect(shop.nth(1)).toContainText('Replaced');
  expect([await post(slug, first), await post(slug, second)]).toEqual([201, 201]);
  await letEnd(first);
  await expect.poll(() => post(slug, first)).toBe(401);
  expect(await post(slug, second)).toBe(201);

  await page.reload();
  await expect(shop.filter({ visible: true })).toHaveCount(1);
  const question = await choose(page, shop.first(), 'Revoke…');
  await question.getByRole('textbox').fill('Shop');
  await question.getByRole('button', { name: /^Revoke/ }).click();
  await expect(question).toBeHidden();
  await expect(shop.filter({ visible: true })).toHaveCount(0);
  await expect.poll(() => post(slug, second)).toBe(401);
  await page.getByText(/^Ended \(2\)/).click();
  await expect(shop.filter({ visible: true })).toHaveCount(2);
});

test('a page of another origin sends feedback with a publish key, and reads nothing', async ({ page }) => {
  const { slug, admin } = await makeTenant();
  await enterAs(page, admin);
  await page.goto(url(slug, '/settings/api-keys'));
  await page.getByRole('button', { name: 'Create key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Website');
  await dialog.getByLabel('Publish key').check();
  await expect(dialog.getByLabel('traces:write')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const key = await takeKey(dialog);
  expect(key).toMatch(/^rtk_pub_/);

  // A shop somewhere else, in a browser that is also signed in to the console.
  const shop = http.createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<p>Shop'),
  );
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  const visitor = await page.context().newPage();
  await visitor.goto(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`);
  const ask = (path: string, init: RequestInit) =>
    visitor.evaluate(
      ([address, options]) =>
        fetch(address, options).then(
          async (response) => ({ status: response.status, body: await response.json() }),
          () => 'not allowed',
        ),
      [url(slug, path), init] as const,
    );
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const feedback = (given: RequestInit = {}) =>
    ask('/api/v1/traces/answer%201/feedback', {
      method: 'POST',
      headers,
      body: JSON.stringify({ id: 'a', thumbs: 'down', comment: 'Not what I asked.' }),
      ...given,
    });
  expect(await feedback()).toEqual({
    status: 201,
    body: { id: 'a', trace_id: 'answer 1', status: 'created' },
  });
  expect(await feedback({ body: '{}' })).toMatchObject({
    status: 422,
    body: { error: { code: 'invalid_input' } },
  });
  // Neither what is there, nor what the signed-in browser's cookie would open.
  for (const path of ['/api/v1/traces', '/api/v1/traces/answer%201', '/api/v1/traces/answer%201/feedback'])
    for (const init of [{ headers }, { headers: { 'x-api-key': key } }, { credentials: 'include' as const }])
      expect(await ask(path, init), path).toBe('not allowed');
  expect(await ask('/api/v1/traces', { method: 'POST', headers, body: '{"trace_id":"x"}' })).toBe(
    'not allowed',
  );
  expect(await feedback({ headers: { 'content-type': 'application/json' }, credentials: 'include' })).toBe(
    'not allowed',
  );
  for (const path of ['/api/v1/traces', '/api/v1/traces/answer%201/feedback'])
    expect((await send({ host: `${slug}.${rootDomain}`, path, headers: { 'x-api-key': key } })).status).toBe(
      403,
    );
  shop.close();

  // Its trace comes later; then the console shows both.
  const [first] = await page.context().cookies(url(slug)); // signed in
  expect(first).toBeDefined();
  await page.getByRole('button', { name: 'Create key' }).first().click();
  await dialog.getByLabel('Name').fill('Server');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const secret = await takeKey(dialog);
  const sent = await send({
    host: `${slug}.${rootDomain}`,
    path: '/api/v1/traces',
    method: 'POST',
    headers: { 'x-api-key': secret, 'content-type': 'application/json' },
    body: JSON.stringify({ trace_id: 'answer 1', user_input: 'How long is the trial?' }),
  });
  expect(sent.status).toBe(201);
  await page.goto(url(slug, '/traces/answer%201'));
  const section = page.getByRole('region', { name: 'Feedback' });
  await expect(section).toContainText('Bad');
  await expect(section).toContainText('Not what I asked.');
});

test('an analyst makes keys within their own rights, and acts on their own', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('analyst'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  await page.getByRole('link', { name: 'API keys' }).click();
  await expect(page.getByRole('row', { name: /First key/ })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Actions for First key' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Create key' }).first().click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('usage:read')).toBeVisible();
  for (const label of ['admin', 'Service key']) await expect(dialog.getByLabel(label)).toHaveCount(0);
  const name = uniqueSlug('own');
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await takeKey(dialog);
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await expect(page.getByRole('menuitem', { name: 'Rotate…' })).toBeVisible();
  await expect(page.getByRole('menuitem', { name: /service key/ })).toHaveCount(0);
});

test('a viewer is offered no keys, and refused the page', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('viewer'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  await expect(page.getByRole('link', { name: 'API keys' })).toHaveCount(0);
  let loads = 0;
  page.on('load', () => loads++);
  const answer = await page.goto(url('acme-corp', '/settings/api-keys'));
  expect(answer?.status()).toBe(403);
  await expect(page.getByText('You may not see this page')).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(loads).toBe(1); // it does not ask again for what it has just been told
});

test('every figure and bar of the overview leads to the traces behind it', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('analyst'));
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await page.getByRole('link', { name: '30 days' }).click();
  await expect(page).toHaveURL(/period=30d/);
  await page.getByRole('link', { name: /^Grounded/ }).click();
  await expect(page).toHaveURL(/\/traces\?.*light=red/);
  await page.goBack();
  await page
    .getByRole('link', { name: /^Errors/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/traces\?.*error=only/);
  await expect(page.getByRole('link', { name: /How often is a failed webhook/ })).toBeVisible();
});

test('the reference page draws the API from its document', async ({ page }) => {
  await page.goto(url('', '/docs/api'));
  await expect(page.getByText('Store a trace')).toBeVisible();
  await expect(page.getByText('/api/v1/traces/{traceId}', { exact: true }).first()).toBeVisible();
});
