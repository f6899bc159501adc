import type { Browser, Page } from 'playwright/test';
import { inviteMember } from '@/lib/workflows/invitations/mutations';
import { makePerson, password, type TestTenant } from '../support/factories';
import { mailedToken, makeInvitingTenant, someAddress } from '../support/invitations';
import { callAction, outcomeOf } from './intruder';
import { demo, enterAs, expect, send, signIn, test, url } from './support';
import { discoverActions } from './surface';
import { closeWorlds } from './worlds';

test.afterAll(closeWorlds);

async function openMembers(page: Page, tenant: TestTenant): Promise<void> {
  await page.goto(url(tenant.slug, '/settings/members'));
  await expect(page.getByRole('heading', { level: 1, name: 'Members' })).toBeVisible();
}

/** The console of a workspace without traces opens on the list of them, three redirects on. */
async function arrive(page: Page, tenant: TestTenant): Promise<void> {
  await page.waitForURL(url(tenant.slug, '/traces'));
}

async function elsewhere(browser: Browser, run: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage();
  await run(page);
  await page.close();
}

const acceptUrl = async (email: string) =>
  url('cloud', `/invitations/accept?token=${await mailedToken(email)}`);

test('an invited newcomer joins by the mailed link, and may do what the role allows', async ({
  page,
  browser,
}) => {
  const tenant = await makeInvitingTenant();
  const email = someAddress();
  await enterAs(page, tenant.admin);
  await openMembers(page, tenant);
  await page.getByRole('button', { name: 'Invite people' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('E-mail', { exact: true }).fill('nobody');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await expect(dialog.getByText('Type an e-mail address, like name@example.com.')).toBeVisible();
  await dialog.getByLabel('E-mail', { exact: true }).fill(email);
  await dialog.locator('select').first().selectOption('viewer');
  await dialog.getByRole('button', { name: 'Send invitation' }).dblclick();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('row', { name: new RegExp(email) })).toContainText('Sent');
  await expect(page.getByText('2 of 5 seats')).toBeVisible();

  await elsewhere(browser, async (other) => {
    await other.goto(url('cloud', '/dev/mail'));
    const mail = other.getByRole('article').filter({ hasText: email });
    await mail.locator('a[href*="/invitations/accept"]').click();
    await expect(other.getByRole('heading', { name: `Join ${tenant.name}` })).toBeVisible();
    await expect(other.getByText('viewer')).toBeVisible();
    await other.getByLabel('Your name').fill('Vera Viewer');
    await other.getByLabel('Password', { exact: true }).fill('short');
    await other.getByRole('button', { name: 'Create account and join' }).click();
    await expect(other.getByText('Use at least 10 characters.')).toBeVisible();
    await other.getByLabel('Password', { exact: true }).fill(password);
    await other.getByRole('button', { name: 'Create account and join' }).click();
    await arrive(other, tenant);
    await openMembers(other, tenant);
    await expect(other.getByRole('row', { name: /Vera Viewer/ })).toContainText('You');
    await expect(
      other.getByRole('button', { name: /^(Invite|Remove|Role of|Send again|Revoke)/ }),
    ).toHaveCount(0);
    await expect(other.getByRole('button', { name: /^Leave/ })).toHaveCount(1);
    const cookie = (await other.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    for (const [name, input] of [
      ['members.change-role', { userId: tenant.admin.userId, role: 'viewer' }],
      ['members.remove', { userId: tenant.admin.userId }],
      ['invitations.invite', { email: someAddress(), role: 'admin' }],
    ] as const) {
      const id = discoverActions().find((action) => action.name === name)?.id ?? '';
      const answer = await callAction({
        host: tenant.host,
        path: '/settings/members',
        id,
        input,
        headers: { cookie },
      });
      expect(outcomeOf(answer), name).toBe('forbidden');
    }

    // The link is used up, for whoever opens it.
    await other.goto(await acceptUrl(email));
    await expect(other.getByRole('heading', { name: 'This invitation cannot be used' })).toBeVisible();
  });

  await page.reload();
  await expect(page.getByRole('row', { name: /Vera Viewer/ })).toBeVisible();
  await expect(page.getByText('Pending invitations')).toHaveCount(0);
});

test('who has an account signs in first, comes back, and joins with one click', async ({ page }) => {
  const [tenant, home] = [await makeInvitingTenant(), await makeInvitingTenant()];
  const { email } = home.admin;
  await inviteMember(tenant.admin.ctx, { email, role: 'analyst' });
  await page.goto(await acceptUrl(email));
  await page.getByRole('link', { name: 'Sign in to accept' }).click();
  await signIn(page, { email, password });
  await expect(page).toHaveURL(await acceptUrl(email));
  await page.getByRole('button', { name: `Join ${tenant.name}` }).dblclick();
  await arrive(page, tenant);
  await openMembers(page, tenant);
  await expect(page.getByRole('row', { name: new RegExp(email) })).toContainText('analyst');
});

test('somebody else cannot accept, and is helped to change places', async ({ page }) => {
  const [tenant, other, invited] = [
    await makeInvitingTenant(),
    await makeInvitingTenant(),
    await makeInvitingTenant(),
  ];
  const { email } = invited.admin;
  const { id } = await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
  await enterAs(page, other.admin);
  await page.goto(await acceptUrl(email));
  await expect(page.getByText(`You are signed in as ${other.admin.email}`)).toBeVisible();
  await expect(page.getByRole('button', { name: /^Join/ })).toHaveCount(0);
  // By the id, which is for the signed-in person's own address, there is nothing to see.
  await page.goto(url('cloud', `/invitations/${id}`));
  await expect(page.getByRole('heading', { name: 'This invitation cannot be used' })).toBeVisible();
  expect(await page.content()).not.toContain(tenant.name);

  await page.goto(await acceptUrl(email));
  await page.getByRole('button', { name: 'Sign out and go on' }).click();
  await page.getByRole('link', { name: 'Sign in to accept' }).click();
  await signIn(page, { email, password });
  await page.getByRole('button', { name: `Join ${tenant.name}` }).click();
  await arrive(page, tenant);
});

test('a pasted list is understood before it is sent, and answered line by line', async ({ page }) => {
  const tenant = await makeInvitingTenant();
  const [one, two] = [someAddress(), someAddress()];
  await enterAs(page, tenant.admin);
  await openMembers(page, tenant);
  await page.getByRole('button', { name: 'Invite people' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('tab', { name: 'A list' }).click();
  await dialog
    .getByLabel('Addresses')
    .fill(`"One, Person" <${one}>; ${two}\n${tenant.admin.email}, nonsense\n${one}`);
  const lines = dialog.getByRole('list', { name: 'What was understood' });
  await expect(lines.getByRole('listitem')).toHaveText([
    one,
    two,
    `${tenant.admin.email} is a member already`,
    'nonsense is not an e-mail address',
    `${one} is there twice`,
  ]);
  await dialog.getByRole('button', { name: 'Send 2 invitations' }).click();
  await expect(dialog.getByRole('heading', { name: '2 invitations sent' })).toBeVisible();
  await expect(dialog.getByRole('listitem')).toHaveCount(5);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('row', { name: new RegExp(two) })).toBeVisible();

  const row = page.getByRole('row', { name: new RegExp(two) });
  await row.getByRole('button', { name: /^Send again/ }).click();
  await expect(page.getByText('It was sent less than a minute ago.')).toBeVisible();
  await row.getByRole('button', { name: /^Revoke/ }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take it back' }).click();
  await expect(page.getByText('is taken back.')).toBeVisible(); // until then the dialog hides the rows
  await expect(row).toHaveCount(0);
  await page.goto(await acceptUrl(two));
  await expect(page.getByRole('heading', { name: 'This invitation cannot be used' })).toBeVisible();
});

test('at the limit of its seats a workspace is shown the way to more', async ({ page }) => {
  const dora = demo.people.find(({ tenant, role }) => tenant === 'test-tenant' && role === 'admin');
  await page.goto(url('test-tenant', '/login?next=%2Fsettings%2Fmembers'));
  await signIn(page, dora ?? { email: '', password: '' });
  await expect(page.getByText('3 of 3 seats')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Invite people' })).toHaveCount(0);
  await page.getByRole('link', { name: 'See plans' }).click();
  await expect(page).toHaveURL(url('', '/#plans'));
  await expect(page.getByRole('heading', { name: 'Plans' })).toBeInViewport();
});

test('an invitation to a workspace that is full by now says so, and works once it is not', async ({
  page,
}) => {
  const tenant = await makeInvitingTenant('starter');
  const email = someAddress();
  await inviteMember(tenant.admin.ctx, { email, role: 'viewer' });
  const [one] = [await makePerson(tenant, 'viewer'), await makePerson(tenant, 'viewer')];
  await page.goto(await acceptUrl(email));
  await page.getByLabel('Your name').fill('Late Comer');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await expect(page.getByText('has no free seat')).toBeVisible();

  const remove = discoverActions().find((action) => action.name === 'members.remove')?.id ?? '';
  const { cookie } = tenant.admin;
  const input = { userId: one.userId };
  await callAction({ host: tenant.host, path: '/settings/members', id: remove, input, headers: { cookie } });
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await arrive(page, tenant);
});

test('who is removed while their browser is open is out at the next click, with their key', async ({
  page,
  browser,
}) => {
  const tenant = await makeInvitingTenant();
  const person = await makePerson(tenant, 'admin');
  await elsewhere(browser, async (other) => {
    await enterAs(other, person);
    await other.goto(url(tenant.slug, '/settings/api-keys'));
    await other.getByRole('button', { name: 'Create key' }).first().click();
    await other.getByRole('dialog').getByLabel('Name').fill('Theirs');
    await other
      .getByRole('dialog')
      .getByRole('button', { name: /^Create/ })
      .click();
    await expect(other.getByRole('dialog')).toContainText(/rtk_[\w-]{76}/);
    const key = /rtk_[\w-]{76}/.exec((await other.getByRole('dialog').textContent()) ?? '')?.[0] ?? '';
    const ask = async () =>
      (
        await send({
          host: tenant.host,
          path: '/api/v1/traces',
          headers: { authorization: `Bearer ${key}` },
        })
      ).status;
    expect(await ask()).toBe(200);
    await openMembers(other, tenant); // the list of traces would notice by itself
    await expect(other.getByRole('link', { name: 'Overview' })).toBeVisible();

    await enterAs(page, tenant.admin);
    await openMembers(page, tenant);
    const row = page.getByRole('row', { name: new RegExp(person.email) });
    await row.getByRole('button', { name: /^Remove/ }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
    await expect(page.getByText('is removed.')).toBeVisible();
    await expect(row).toHaveCount(0);

    await other.getByRole('link', { name: 'Overview' }).click();
    await expect(other.getByText(`You are not a member of ${tenant.name}`)).toBeVisible();
    await expect.poll(ask).toBe(401);
  });
});

test('the last admin stays, and who gives up the role is asked once more', async ({ page }) => {
  const tenant = await makeInvitingTenant();
  const person = await makePerson(tenant, 'viewer');
  await enterAs(page, tenant.admin);
  await openMembers(page, tenant);
  const own = page.getByRole('row', { name: new RegExp(tenant.admin.email) });
  const question = page.getByRole('alertdialog');

  await own.getByRole('button', { name: /^Leave/ }).click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(question.getByText('This is the last admin.')).toBeVisible();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await own.getByRole('button', { name: /^Role of/ }).click();
  await page.getByRole('menuitemradio', { name: /^viewer/i }).click();
  await question.getByRole('button', { name: 'Give it up' }).click();
  await expect(question.getByText('This is the last admin.')).toBeVisible();
  await question.getByRole('button', { name: 'Cancel' }).click();

  // By keyboard alone: open, go up to the first role, choose.
  const theirs = page.getByRole('row', { name: new RegExp(person.email) });
  await theirs.getByRole('button', { name: /^Role of/ }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitemradio', { name: /^admin/i })).toBeVisible();
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(theirs.getByRole('button', { name: /^Role of/ })).toHaveText('admin');

  await own.getByRole('button', { name: /^Role of/ }).click();
  await page.getByRole('menuitemradio', { name: /^viewer/i }).click();
  await question.getByRole('button', { name: 'Give it up' }).click();
  await expect(page.getByRole('button', { name: /^(Invite|Remove|Role of)/ })).toHaveCount(0);
  await page.getByRole('button', { name: /^Leave/ }).click();
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(page).toHaveURL(url('cloud', '/'));
});
