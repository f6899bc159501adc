import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, rootDomain, send, signUp, test, uniqueSlug, url } from './support';

test('a workspace moves to another address; the old one leads there and keys go on working', async ({
  page,
}) => {
  const slug = uniqueSlug('move');
  const next = uniqueSlug('moved');
  await signUp(page, slug);
  const key = /rtk_[\w-]{76}/.exec((await page.locator('pre').first().textContent()) ?? '')?.[0] ?? '';
  await page.goto(url(slug, '/settings/workspace'));
  await page.getByLabel('Workspace name').fill('Renamed team');
  await page
    .getByRole('button', { name: /^(Save|Rename)/ })
    .first()
    .click();
  await expect(page.getByText('The name is changed.')).toBeVisible();
  await page.getByLabel('Subdomain').fill(next);
  await expect(page.getByText('Available')).toBeVisible();
  await page.getByRole('button', { name: 'Change address' }).click();
  await page.waitForURL(new RegExp(`//${next}\\.`));

  const moved = await send({ host: `${slug}.${rootDomain}`, path: '/traces?model=a' });
  expect(moved.status).toBe(308);
  expect(moved.headers.location).toBe(url(next, '/traces?model=a'));
  for (const host of [slug, next]) {
    const answer = await send({
      host: `${host}.${rootDomain}`,
      path: '/api/v1/traces',
      headers: { authorization: `Bearer ${key}` },
    });
    expect(answer.status).toBe(200);
  }
});

test('deleting a workspace wants its address, closes it at once, and can be undone', async ({ page }) => {
  const slug = uniqueSlug('gone');
  await signUp(page, slug);
  const key = /rtk_[\w-]{76}/.exec((await page.locator('pre').first().textContent()) ?? '')?.[0] ?? '';
  const list = () =>
    send({
      host: `${slug}.${rootDomain}`,
      path: '/api/v1/traces',
      headers: { authorization: `Bearer ${key}` },
    });
  await page.goto(url(slug, '/settings/workspace'));
  await page.getByRole('button', { name: 'Delete workspace' }).click();
  const question = page.getByRole('alertdialog');
  await question.getByRole('textbox').fill('something else');
  await question.getByRole('button', { name: 'Delete workspace' }).click({ force: true });
  await expect(question.getByText('That is not its address.')).toBeVisible();
  await question.getByRole('textbox').fill(slug);
  await question.getByRole('button', { name: 'Delete workspace' }).click();
  await expect(page.getByRole('button', { name: /^Keep/ })).toBeVisible();
  await expect
    .poll(async () => JSON.parse((await list()).text) as unknown)
    .toMatchObject({ error: { code: 'tenant_deleting' } });

  await page.getByRole('button', { name: /^Keep/ }).click();
  await expect(page.getByText('Waiting for your first trace')).toBeVisible();
  await expect.poll(async () => (await list()).status).toBe(200);
});

test('an admin takes everything along as one archive', async ({ page }) => {
  const slug = uniqueSlug('export');
  await signUp(page, slug);
  await page.goto(url(slug, '/settings/data'));
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('a[href="/api/v1/tenant/export"]').click(),
  ]);
  const archive = gunzipSync(readFileSync(await download.path())).toString('latin1');
  expect(archive).toContain('manifest.json');
  expect(archive).toContain('README.md');
  expect(archive).not.toContain('secret_hash');
});

test('the isolation check runs when an admin asks, and finds every attempt refused', async ({ page }) => {
  const slug = uniqueSlug('canary');
  await signUp(page, slug);
  await page.getByRole('link', { name: 'Isolation' }).click();
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText('All 11 attempts were refused')).toBeVisible();
});
