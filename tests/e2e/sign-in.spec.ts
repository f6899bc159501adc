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

test('who tries too often is told how long to wait, and keeps what was typed', async ({ page }) => {
  const email = `${uniqueSlug('nobody')}@example.com`;
  await page.goto(url('acme-corp', '/login'));
  const failed = page.getByText('E-mail or password is wrong.');
  const limited = page.getByText(/^Too many attempts\. Try again in \d+ minutes?\.$/);
  for (let count = 0; count < 15 && !(await limited.isVisible()); count++) {
    const answered = page.waitForResponse(/callback\/credentials/);
    await signIn(page, { email, password: `wrong password ${count}` });
    await answered;
    await expect(failed.or(limited)).toBeVisible();
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeEnabled();
  }
  await expect(limited).toBeVisible();
  await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue(email);
  await page.getByRole('link', { name: 'Forgot password?' }).hover();
  await page.route('**/forgot-password**', (route) => route.fulfill({ body: 'the page that follows' }));
  await page.getByRole('link', { name: 'Forgot password?' }).click();
  await expect(page).toHaveURL(url('cloud', `/forgot-password?email=${encodeURIComponent(email)}`));
});

test('a mailed link that was used leads to a sentence, and to the page that was asked for', async ({
  page,
}) => {
  const slug = uniqueSlug('link');
  await signUp(page, slug);
  await page.context().clearCookies();
  await page.goto(url(slug, '/traces?error=only'));
  await page.getByLabel('E-mail', { exact: true }).fill(`${slug}@example.com`);
  await page.getByRole('button', { name: 'E-mail me a sign-in link' }).click();
  await expect(page.getByRole('heading', { name: 'Look into your inbox' })).toBeVisible();
  const inbox = await page.context().newPage();
  await expect(async () => {
    await inbox.goto(url('cloud', '/dev/mail'));
    await expect(inbox.locator(`a[href*="${slug}"][href*="callback/email"]`).first()).toBeVisible({
      timeout: 1_000,
    });
  }).toPass();
  const link = await inbox.locator(`a[href*="${slug}"][href*="callback/email"]`).first().getAttribute('href');
  await page.goto(link ?? '');
  await expect(page).toHaveURL(url(slug, '/traces?error=only'));
  await page.context().clearCookies();
  await page.goto(link ?? '');
  await expect(page.getByText('This sign-in link has been used already')).toBeVisible();
  expect(new URL(page.url()).searchParams.get('callbackUrl')).toBe(url(slug, '/traces?error=only'));
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
