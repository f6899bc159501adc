import { expect, person, signIn, signUp, test, uniqueSlug, url } from './support';

test('a deep link leads through the sign-in at the tenant and on to the page', async ({ page }) => {
  await page.goto(url('acme-corp', '/traces/acme-corp-demo-04'));
  await expect(page).toHaveURL(/\/login\?next=/);
  await signIn(page, { ...person('viewer'), password: 'not the password' });
  await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();
  await signIn(page, person('viewer'));
  await expect(page.getByRole('heading', { level: 1 })).toContainText(
    'What happens when I go over the API rate limit?',
  );
});

test('cloud leads straight into the only workspace', async ({ page }) => {
  await page.goto(url('cloud', '/login'));
  await signIn(page, person('analyst'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
});

test('cloud offers a choice of several workspaces', async ({ page }) => {
  await page.goto(url('cloud', '/login'));
  await signIn(page, person('admin'));
  await expect(page).toHaveURL(url('cloud', '/'));
  await page.getByRole('link', { name: /Test Tenant/ }).click();
  await expect(page).toHaveURL(url('test-tenant', '/overview'));
});

test('who is no member sees that, with status 403, and no data', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('viewer'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  const answer = await page.goto(url('test-tenant', '/traces/test-tenant-demo-01'));
  expect(answer?.status()).toBe(403);
  await expect(page.getByText('You are not a member')).toBeVisible();
  expect(await page.content()).not.toContain('How long is the trial');
});

test('signing out ends the session itself: its cookie is worth nothing afterwards', async ({
  page,
  context,
}) => {
  await signUp(page, uniqueSlug('leave'));
  const cookies = await context.cookies();
  await page.getByRole('button', { name: /Nina Newcomer/ }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
  await context.addCookies(cookies);
  await page.goto(page.url().replace(/\/login.*/, '/traces'));
  await expect(page).toHaveURL(/\/login\?next=/);
});

test('another tenant’s trace is not found', async ({ page }) => {
  await page.goto(url('test-tenant', '/login'));
  await signIn(page, person('admin'));
  await expect(page).toHaveURL(url('test-tenant', '/overview'));
  const answer = await page.goto(url('test-tenant', '/traces/acme-corp-demo-04'));
  expect(answer?.status()).toBe(404);
  await expect(page.getByText('No such trace')).toBeVisible();
});

test('the list is filtered by the address and read by the keyboard', async ({ page }) => {
  await page.goto(url('acme-corp', '/login'));
  await signIn(page, person('viewer'));
  await expect(page).toHaveURL(url('acme-corp', '/overview'));
  await page.goto(url('acme-corp', '/traces'));
  await page.getByRole('link', { name: 'Errors' }).click();
  await expect(page).toHaveURL(/error=only/);
  await expect(page.getByRole('link', { name: /How often is a failed webhook/ })).toBeVisible();
  await expect(page.getByRole('link', { name: /How long is the trial/ })).toHaveCount(0);
  await page.goto(url('acme-corp', '/traces?model=no-such-model'));
  await expect(page.getByText('No trace matches')).toBeVisible();
  await page.getByRole('link', { name: 'Clear filters' }).first().click();
  const first = page.getByRole('link', { name: /When is old data deleted/ });
  await first.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toContainText('When is old data deleted');
});
