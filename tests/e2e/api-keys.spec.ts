import { expect, person, rootDomain, send, signIn, signUp, test, uniqueSlug, url } from './support';

test('an admin makes a key, uses it, and revokes it; it is refused at once', async ({ page }) => {
  const slug = uniqueSlug('keys');
  await signUp(page, slug);
  await page.getByRole('link', { name: 'API keys' }).click();
  await page.getByRole('button', { name: 'Create key' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Production');
  await dialog.getByRole('button', { name: /^Create/ }).click();
  await expect(dialog).toContainText(/rtk_[\w-]{76}/);
  const key = /rtk_[\w-]{76}/.exec((await dialog.textContent()) ?? '')?.[0] ?? '';

  const post = () =>
    send({
      host: `${slug}.${rootDomain}`,
      path: '/api/v1/traces',
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ trace_id: 'with-the-new-key' }),
    });
  expect((await post()).status).toBe(201);

  await dialog.getByRole('button', { name: /^Copy/ }).first().click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();
  expect(await page.content()).not.toContain(key);

  const row = page.getByRole('row', { name: /Production/ });
  await row.getByRole('button', { name: /^Revoke/ }).click();
  const question = page.getByRole('alertdialog');
  await question.getByRole('textbox').fill('Production');
  await question.getByRole('button', { name: /^Revoke/ }).click();
  await expect(question).toBeHidden();
  await expect(row.getByText('Active')).toHaveCount(0);
  await expect.poll(async () => (await post()).status).toBe(401);
});

test('a viewer is offered no keys, and refused the page', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('viewer'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  await expect(page.getByRole('link', { name: 'API keys' })).toHaveCount(0);
  const answer = await page.goto(url('acme-corp', '/settings/api-keys'));
  expect(answer?.status()).toBe(403);
  await expect(page.getByText('You may not see this page')).toBeVisible();
});

test('every figure and bar of the overview leads to the traces behind it', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('analyst'));
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  await page.getByRole('link', { name: '30 days' }).click();
  await expect(page).toHaveURL(/period=30d/);
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
  await expect(page.getByText('/api/v1/traces/{traceId}', { exact: true })).toBeVisible();
});
