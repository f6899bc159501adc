import { migrate } from '@/db/migrate';
import type { Sandbox } from '@/lib/billing/sandbox/server';
import { startTestSandbox } from '../contract/stripe/target';
import { createDatabase, migrationsFolder, type TestDatabase } from '../support/databases';
import { type SecondServer, startSecondServer } from './second-server';
import { expect, fillSignUp, test, uniqueSlug } from './support';

/**
 * What stands in for Stripe's script: it puts a frame of the same origin as Stripe's into the page, which says which secret it
 * was given, and a way to the page on which the sandbox takes the card.
 */
const script = (sandbox: string) => `
  window.Stripe = (key) => ({
    _registerWrapper() {},
    createEmbeddedCheckoutPage: async ({ clientSecret }) => ({
      mount(place) {
        const id = clientSecret.split('_secret_')[0];
        place.innerHTML = '<iframe title="Checkout of Stripe" src="https://js.stripe.com/frame"></iframe>';
        place.insertAdjacentHTML('beforeend', '<a href="${sandbox}/c/pay/' + id + '">Pay with ' + key + '</a>');
      },
      destroy() {},
    }),
  });`;

let database: TestDatabase;
let sandbox: Sandbox;
let server: SecondServer;

test.beforeAll(async () => {
  test.setTimeout(120_000);
  database = await createDatabase();
  await migrate({ adminUrl: database.url, folder: migrationsFolder });
  sandbox = await startTestSandbox();
  server = await startSecondServer({
    DATABASE_URL: database.url,
    RAGTOOLKIT_EMBEDDED: '0',
    STRIPE_SECRET_KEY: 'sk_test_embedded',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_embedded',
    STRIPE_API_URL: sandbox.url,
  });
});

test.afterAll(async () => {
  await server?.stop();
  await sandbox?.close();
  await database?.drop();
});

test('with a publishable key Checkout is shown within the page, and leads back to the new plan', async ({
  page,
}) => {
  test.setTimeout(120_000);
  const address = (subdomain: string, path: string) => `http://${subdomain}.${server.rootDomain}${path}`;
  await page.route('https://js.stripe.com/**', (route) =>
    route.request().url().endsWith('/frame')
      ? route.fulfill({ contentType: 'text/html', body: '<p>A frame of Stripe</p>' })
      : route.fulfill({ contentType: 'text/javascript', body: script(sandbox.url) }),
  );
  const slug = uniqueSlug('embedded');
  await page.goto(address('cloud', '/signup'));
  await fillSignUp(page, slug);
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await page.waitForURL(address(slug, '/traces'));

  await page.goto(address(slug, '/settings/billing'));
  await page.getByRole('button', { name: 'Upgrade to Pro' }).click();
  // What the page's policy lets in: the script, which ours has loaded, and its frame.
  await expect(
    page.frameLocator('iframe[title="Checkout of Stripe"]').getByText('A frame of Stripe'),
  ).toBeVisible();
  await expect(page).toHaveURL(address(slug, '/settings/billing'));
  await page.getByRole('link', { name: 'Pay with pk_test_embedded' }).click();
  await page.waitForURL(/\/c\/pay\//);
  await page.getByLabel('Card number').fill('4242 4242 4242 4242');
  await page.getByLabel(/Expir/).fill('12 / 34');
  await page.getByLabel(/CVC|Security/i).fill('123');
  await page.getByLabel(/Name/).fill('Ada Test');
  await page.getByRole('button', { name: 'Subscribe' }).click();
  await page.waitForURL(/settings\/billing\?checkout=cs_/);
  await expect(page.getByText('this workspace is on Pro now')).toBeVisible();
});
