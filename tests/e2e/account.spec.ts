import { Secret, TOTP } from 'otpauth';
import type { Browser, BrowserContext, Page } from 'playwright/test';
import { expect, signIn, signUp, test, uniqueSlug, url } from './support';
import { database } from './worlds';

/** Where a new workspace's console leads: its overview sends on to the traces while there are none. */
const consoleOf = (slug: string) => url(slug, '/traces');

const password = 'correct horse battery';
const emailOf = (slug: string) => `${slug}@example.com`;

/** The link in the newest mail to an address that leads to `path`. */
async function mailedLink(address: string, path: string): Promise<string> {
  let link: string | undefined;
  await expect
    .poll(async () => {
      const mails = await database<{ text: string }[]>`
        select text from mail_outbox where to_address = ${address} order by created_at desc`;
      link = mails.flatMap(
        ({ text }) => text.split('\n').find((line) => line.includes(`${path}?token=`)) ?? [],
      )[0];
      return link;
    })
    .toBeDefined();
  return link ?? '';
}

const contexts: BrowserContext[] = [];
test.afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));
// Several sign-ins and browsers each.
test.describe.configure({ timeout: 180_000 });

/** A page of another browser, closed after the test. */
async function newBrowser(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  contexts.push(context);
  return context.newPage();
}

/** Another browser, in which the person signs in at their workspace. */
async function elsewhere(browser: Browser, slug: string): Promise<Page> {
  const page = await newBrowser(browser);
  await page.goto(url(slug, '/login'));
  await signIn(page, { email: emailOf(slug), password });
  await page.waitForURL(consoleOf(slug));
  return page;
}

async function expectSignedOut(page: Page, slug: string): Promise<void> {
  await page.goto(url(slug, '/traces'));
  await expect(page).toHaveURL(/\/login\?next=/);
}

async function signOut(page: Page): Promise<void> {
  await page.goto(url('cloud', '/account'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(url('cloud', '/login'));
}

const twoFactor = (page: Page) => page.getByRole('region', { name: 'Two-factor sign-in' });

/** Turns the second factor on from the account page, with the present code. `code` is what the app shows in `steps` of 30 s. */
async function enrol(
  page: Page,
  slug: string,
): Promise<{ code: (steps?: number) => string; codes: string[] }> {
  const section = twoFactor(page);
  await expect(section.getByText('Confirm your e-mail address first')).toBeVisible();
  await database`update users set email_verified_at = now() where email = ${emailOf(slug)}`;
  await page.reload();
  await section.getByRole('button', { name: 'Turn on' }).click();
  await section.getByLabel('Your password').fill(password);
  await section.getByRole('button', { name: 'Continue' }).click();
  await expect(section.getByRole('img', { name: /QR code/ })).toBeVisible();
  const secret = ((await section.locator('code').textContent()) ?? '').replaceAll(' ', '');
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const code = (steps = 0) => totp.generate({ timestamp: Date.now() + steps * 30_000 });
  await section.getByLabel('Code that the app shows').fill(code());
  await section.getByRole('button', { name: 'Turn on' }).click();
  const items = section.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
  await expect(items).toHaveCount(10);
  const codes = await items.allTextContents();
  await section.getByRole('button', { name: 'I have stored them' }).click();
  await expect(section.getByText('10 recovery codes are left')).toBeVisible();
  return { code, codes };
}

/** Types a code into the step after the sign-in. */
async function send(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

const refused = (page: Page) => page.getByText('This code does not fit');

test('a forgotten password is set anew through the mailbox; the old one and all sessions are worth nothing', async ({
  page,
  browser,
}) => {
  const slug = uniqueSlug('reset');
  await signUp(page, slug);
  const other = await elsewhere(browser, slug);
  const stranger = await newBrowser(browser);
  await stranger.goto(url('cloud', '/forgot-password'));
  await stranger.getByLabel('E-mail').fill(emailOf(slug));
  await stranger.getByRole('button', { name: 'Mail me a link' }).click();
  await expect(stranger.getByText('Look into your inbox')).toBeVisible();

  const link = await mailedLink(emailOf(slug), '/reset-password');
  await stranger.goto(link); // as a mail scanner would
  await stranger.goto(link);
  await stranger.getByLabel('New password').fill('short');
  await stranger.getByRole('button', { name: 'Set password' }).click();
  await expect(stranger.getByText('Use at least 10 characters.')).toBeVisible();
  await stranger.getByLabel('New password').fill('another horse battery');
  await stranger.getByRole('button', { name: 'Set password' }).click();
  await expect(stranger.getByText('Your password is set')).toBeVisible();
  await expectSignedOut(page, slug);
  await expectSignedOut(other, slug);

  await other.goto(link);
  await expect(other.getByText('This link does not work')).toBeVisible();
  await stranger.getByRole('link', { name: 'Sign in' }).click();
  await signIn(stranger, { email: emailOf(slug), password });
  await expect(stranger.getByText('E-mail or password is wrong.')).toBeVisible();
  await signIn(stranger, { email: emailOf(slug), password: 'another horse battery' });
  await stranger.waitForURL(consoleOf(slug));
});

test('asking for an address without an account looks the same', async ({ page }) => {
  const nobody = emailOf(uniqueSlug('nobody'));
  await page.goto(url('cloud', '/forgot-password'));
  await page.getByLabel('E-mail').fill(nobody);
  await page.getByRole('button', { name: 'Mail me a link' }).click();
  await expect(page.getByText(`If an account exists for ${nobody}`)).toBeVisible();
});

test('a second factor is asked for after the sign-in, and nothing opens before; each code works once', async ({
  page,
}) => {
  const slug = uniqueSlug('totp');
  const who = { email: emailOf(slug), password };
  await signUp(page, slug);
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitem', { name: 'Your account' }).click();
  const { code } = await enrol(page, slug);

  await signOut(page);
  await page.goto(url(slug, '/settings/api-keys'));
  await signIn(page, who);
  await page.waitForURL(/\/login\/second-factor\?next=/);
  for (const address of [url('cloud', '/account'), url(slug, '/settings/api-keys')]) {
    await page.goto(address);
    await expect(page).toHaveURL(/\/login\/second-factor\?next=/);
  }
  await send(page, '000000');
  await expect(refused(page)).toBeVisible();
  const used = code(1); // the next one, which a clock that is ahead shows already
  await send(page, used);
  await page.waitForURL(url(slug, '/settings/api-keys'));
  await expect(page.getByRole('heading', { name: 'API keys' })).toBeVisible();

  await signOut(page);
  await signIn(page, who);
  await page.waitForURL(/cloud.*\/login\/second-factor/);
  await send(page, used);
  await expect(refused(page)).toBeVisible();
  // Who owes the code can give up.
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.waitForURL(url('cloud', '/login'));
  await expect(page.getByLabel('Password', { exact: true })).toBeVisible();
});

test('a recovery code stands in once, after a mailed link too, and turns the second factor off', async ({
  page,
}) => {
  const slug = uniqueSlug('recovery');
  const who = { email: emailOf(slug), password };
  await signUp(page, slug);
  await page.goto(url('cloud', '/account'));
  const { codes } = await enrol(page, slug);
  await signOut(page);
  await signIn(page, who);
  await page.waitForURL(/\/login\/second-factor/);
  await send(page, codes[0]?.toUpperCase() ?? '');
  await page.waitForURL(consoleOf(slug));

  await signOut(page);
  await page.goto(url(slug, '/login'));
  await page.getByLabel('E-mail', { exact: true }).fill(who.email);
  await page.getByRole('button', { name: /sign-in link/ }).click();
  await expect(page.getByText('Look into your inbox')).toBeVisible();
  const [mail] = await database<{ text: string }[]>`
    select text from mail_outbox where to_address = ${who.email} and subject like 'Sign in to%'`;
  await page.goto(mail?.text.split('\n').find((line) => line.startsWith('http')) ?? '');
  await page.waitForURL(/\/login\/second-factor/);
  await send(page, codes[0] ?? '');
  await expect(refused(page)).toBeVisible();
  await send(page, codes[1] ?? '');
  await page.waitForURL(consoleOf(slug));

  await page.goto(url('cloud', '/account'));
  const section = twoFactor(page);
  await expect(section.getByText('8 recovery codes are left')).toBeVisible();
  await section.getByRole('button', { name: 'Turn off' }).click();
  await section.getByLabel('Code').fill(codes[2] ?? '');
  await section.getByRole('button', { name: 'Turn off' }).click();
  await expect(section.getByRole('button', { name: 'Turn on' })).toBeVisible();
  await signOut(page);
  await signIn(page, who);
  await page.waitForURL(consoleOf(slug));
});

test('signing out everywhere ends the other browser’s session and this one', async ({ page, browser }) => {
  const slug = uniqueSlug('everywhere');
  await signUp(page, slug);
  const [second, third] = [await elsewhere(browser, slug), await elsewhere(browser, slug)];
  await page.goto(url('cloud', '/account'));
  const section = page.getByRole('region', { name: 'Sessions' });
  await expect(section.getByRole('listitem')).toHaveCount(3);
  await expect(section.getByRole('listitem').first()).toContainText('This one');
  await section
    .getByRole('button', { name: /^Sign out Chrome on/ })
    .first()
    .click();
  await expect(section.getByRole('listitem')).toHaveCount(2);
  await expectSignedOut(third, slug); // the last seen stands first
  await second.goto(url(slug, '/traces'));
  await expect(second).toHaveURL(url(slug, '/traces'));

  await section.getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Sign out everywhere' }).click();
  await page.waitForURL(url('cloud', '/login'));
  await expectSignedOut(second, slug);
  await expectSignedOut(page, slug);
});

test('the address is changed through the mailbox of the new one, and the old one is told', async ({
  page,
}) => {
  const slug = uniqueSlug('address');
  const next = `new-${emailOf(slug)}`;
  await signUp(page, slug);
  await page.goto(url('cloud', '/account'));
  const section = page.getByRole('region', { name: 'E-mail' });
  await section.getByRole('button', { name: 'Change address' }).click();
  await section.getByLabel('New e-mail').fill(next);
  await section.getByLabel('Your password').fill('not the password');
  await section.getByRole('button', { name: 'Send the link' }).click();
  await expect(section.getByText('This is not your password.')).toBeVisible();
  await expect(section.getByLabel('New e-mail')).toHaveValue(next);
  await section.getByLabel('Your password').fill(password);
  await section.getByRole('button', { name: 'Send the link' }).click();
  await expect(section.getByText(`We wrote to ${next}`)).toBeVisible();
  const notices = await database`
    select subject from mail_outbox where to_address = ${emailOf(slug)} and subject = 'Somebody asked to change your e-mail address'`;
  expect(notices).toHaveLength(1);

  await page.goto(await mailedLink(next, '/account/confirm-email'));
  await page.getByRole('button', { name: 'Use this address' }).click();
  await expect(page.getByText('Your address is changed')).toBeVisible();
  await page.getByRole('link', { name: 'Go to my account' }).click();
  await expect(section.getByText(next)).toBeVisible();
  await expect(section.getByText('Confirmed')).toBeVisible();
  await signOut(page);
  await signIn(page, { email: emailOf(slug), password });
  await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();
  await signIn(page, { email: next, password });
  await page.waitForURL(consoleOf(slug));
});

test('a new person confirms their address by the link, signed in; the reminder goes', async ({
  page,
  browser,
}) => {
  const slug = uniqueSlug('verify');
  await signUp(page, slug);
  await expect(page.getByText('Confirm your address')).toBeVisible();
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByText('Sent again.')).toBeVisible();
  const link = await mailedLink(emailOf(slug), '/verify-email');

  // In another browser one signs in first, and comes back.
  const other = await newBrowser(browser);
  await other.goto(link);
  await expect(other).toHaveURL(/\/login\?next=/);
  await signIn(other, { email: emailOf(slug), password });
  await other.getByRole('button', { name: 'Confirm address' }).click();
  await expect(other.getByText('Your address is confirmed')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Waiting for your first trace')).toBeVisible();
  await expect(page.getByText('Confirm your address')).toBeHidden();
});

test('the name and the password are changed in place', async ({ page, browser }) => {
  const slug = uniqueSlug('rename');
  await signUp(page, slug);
  const other = await elsewhere(browser, slug);
  await page.goto(url('cloud', '/account'));
  await page.getByLabel('Name', { exact: true }).fill('Grace Newname');
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByText('Your name is changed.')).toBeVisible();
  const section = page.getByRole('region', { name: 'Password' });
  await section.getByLabel('Present password').fill(password);
  await section.getByLabel('New password').fill('another horse battery');
  await section.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Your password is changed.')).toBeVisible();
  await expectSignedOut(other, slug);
  await page.goto(url(slug, '/traces'));
  await expect(page.getByRole('button', { name: 'Account: Grace Newname' })).toBeVisible();
});
