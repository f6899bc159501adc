import type { Page } from 'playwright/test';
import { expect, rootDomain, signUp, test, uniqueSlug, url } from './support';
import { database } from './worlds';

/** Says who one is at the stand-in provider; `cancel` says no. */
async function atProvider(
  page: Page,
  person: { email: string; id?: string; verified?: boolean } | 'cancel',
): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Stand-in provider' })).toBeVisible();
  if (person === 'cancel') return page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByLabel('Account').fill(person.id ?? String(Math.floor(Math.random() * 1e12)));
  await page.getByLabel('Name').fill('Grace Provider');
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Verified').setChecked(person.verified ?? true);
  await page.getByRole('button', { name: 'Authorize' }).click();
}

test('GitHub leads from a tenant’s login through cloud and back to the deep link', async ({
  page,
  context,
}) => {
  const slug = uniqueSlug('github');
  await signUp(page, slug);
  await context.clearCookies();
  await page.goto(url(slug, '/traces?error=only'));
  await expect(page).toHaveURL(/\/login\?next=/);
  const seen: string[] = [];
  page.on('framenavigated', (frame) => seen.push(new URL(frame.url()).host));
  await page.getByRole('link', { name: 'Continue with GitHub' }).click();
  await atProvider(page, { email: `${slug}@example.com` });
  await expect(page).toHaveURL(url(slug, '/traces?error=only'));
  await expect(page.getByRole('button', { name: /Nina Newcomer/ })).toBeVisible();
  expect(seen).toContain(`cloud.${rootDomain}`);

  // The password was set before anybody had proved the address: it is worth nothing any more.
  await context.clearCookies();
  await page.goto(url(slug, '/login'));
  await page.getByLabel('E-mail', { exact: true }).fill(`${slug}@example.com`);
  await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();
});

test('Google at cloud leads to a choice of several workspaces, with role and last visit', async ({
  page,
  context,
}) => {
  const [first, second] = [uniqueSlug('first'), uniqueSlug('second')];
  await signUp(page, first);
  // Who is signed in is asked for the workspace alone.
  await page.goto(url('cloud', '/signup'));
  await expect(page.getByText(`Signed in as ${first}@example.com`)).toBeVisible();
  await expect(page.getByLabel('Password', { exact: true })).toHaveCount(0);
  await page.getByLabel('Workspace name').fill(second);
  await expect(page.getByText('Available')).toBeVisible();
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page).toHaveURL(url(second, '/traces'));
  await expect(page.getByText(/rtk_/).first()).toBeVisible(); // the first key, shown once

  await database`
    update memberships set role = 'viewer', last_active_at = now() - interval '3 hours'
    where tenant_id = (select id from tenants where slug = ${first})`;
  await database`
    update memberships set last_active_at = now() - interval '2 days'
    where tenant_id = (select id from tenants where slug = ${second})`;
  await context.clearCookies();
  await page.goto(url('cloud', '/login'));
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await atProvider(page, { email: `${first}@example.com` });
  await expect(page).toHaveURL(url('cloud', '/'));
  const choices = page.getByRole('main').getByRole('listitem');
  await expect(choices).toHaveCount(2);
  await expect(choices.nth(0)).toContainText(/viewer/i);
  await expect(choices.nth(0)).toContainText('Last visit 3 hours ago');
  await expect(choices.nth(0).locator('time')).toHaveAttribute(
    'title',
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? UTC$/,
  );
  await expect(choices.nth(1)).toContainText(/admin/i);
  await expect(choices.nth(1)).toContainText('Last visit 2 days ago');
  await choices.nth(0).getByRole('link').click();
  await expect(page).toHaveURL(url(first, '/overview'));
});

test('somebody new comes in by a provider, and makes a first workspace', async ({ page }) => {
  const slug = uniqueSlug('grace');
  await page.goto(url('cloud', '/login'));
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await atProvider(page, { email: `${slug}@example.com` });
  await expect(page.getByRole('heading', { name: 'No workspace yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Create a workspace' }).click();
  await page.getByLabel('Workspace name').fill(slug);
  await expect(page.getByText('Available')).toBeVisible();
  await page.getByRole('button', { name: 'Create workspace' }).dblclick();
  await expect(page).toHaveURL(url(slug, '/traces'));
  await page.goto(url('cloud', '/open'));
  await expect(page).toHaveURL(url(slug, '/traces')); // the only one, for all that was clicked twice
});

test('an invitation waits for who has no workspace', async ({ page }) => {
  const email = `${uniqueSlug('invited')}@example.com`;
  await database`
    insert into invitations (tenant_id, id, email, role, token_hash, expires_at)
    select id, gen_random_uuid(), ${email}, 'analyst', md5(random()::text), now() + interval '7 days'
    from tenants where slug = 'acme-corp'`;
  await page.goto(url('cloud', '/login'));
  await page.getByRole('link', { name: 'Continue with GitHub' }).click();
  await atProvider(page, { email });
  await expect(page.getByRole('heading', { name: 'You are invited' })).toBeVisible();
  await expect(page.getByText('As analyst')).toBeVisible();
  const accept = page.getByRole('link', { name: 'Accept: Acme Corp' });
  await expect(accept).toHaveAttribute('href', /^\/invitations\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('link', { name: 'Create a workspace' })).toBeVisible();
});

test('who cancels, or has no verified address, comes back to a sentence and can go on', async ({ page }) => {
  const slug = uniqueSlug('again');
  await page.goto(url('acme-corp', '/traces?model=x'));
  await page.getByRole('link', { name: 'Continue with GitHub' }).click();
  await atProvider(page, 'cancel');
  await expect(page.getByText('The sign-in was cancelled there.')).toBeVisible();
  await expect(page).toHaveURL(/^http:\/\/cloud\./);

  await page.getByRole('link', { name: 'Continue with GitHub' }).click();
  await atProvider(page, { email: `${slug}@example.com`, verified: false });
  await expect(page.getByText('no verified address')).toBeVisible();

  // The page that was asked for at first is not forgotten.
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await atProvider(page, { email: `${slug}@example.com` });
  await expect(page).toHaveURL(url('acme-corp', '/traces?model=x'));
  await expect(page.getByText('You are not a member')).toBeVisible();
});

test('Back from the provider leads to the ways in, and not to the provider again', async ({ page }) => {
  await page.goto(url('cloud', '/login'));
  await page.getByRole('link', { name: 'Continue with Google' }).click();
  await expect(page.getByRole('heading', { name: 'Stand-in provider' })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(url('cloud', '/login'));
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test('a start that fails offers to try again, and the other ways', async ({ page }) => {
  await page.route('**/api/auth/signin/github', (route) => route.abort());
  await page.goto(url('cloud', '/login/github'));
  await expect(page.getByText('The server could not be reached.')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Other ways to sign in' })).toBeVisible();
  await page.unroute('**/api/auth/signin/github');
  await page.getByRole('button', { name: 'Continue to GitHub' }).click();
  await expect(page.getByRole('heading', { name: 'Stand-in provider' })).toBeVisible();
});
