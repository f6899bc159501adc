import { mailOutbox } from '@/db/schema/mail';
import { withPlatform } from '@/db/tenant';
import { newId } from '@/lib/ids';
import { compose } from '@/lib/mail/layout';
import { unique } from '../support/factories';
import { expect, test, url } from './support';
import { closeWorlds } from './worlds';

test.afterAll(closeWorlds);

test('a mail is found by its address, and read in both parts, where nothing in it can run', async ({
  page,
}) => {
  const address = `reader-${unique()}@example.com`;
  const link = url('cloud', '/login?from=mail');
  const { to, ...mail } = compose(address, 'Hello', ['Words of the mail.', { label: 'Sign in', href: link }]);
  const html = mail.html.replace(
    '</h1>',
    '</h1><script>parent.document.title = "taken"; document.title = "taken"</script>',
  );
  await withPlatform((db) => db.insert(mailOutbox).values({ id: newId(), toAddress: to, ...mail, html }));

  await page.goto(url('cloud', '/dev/mail'));
  await page.getByRole('searchbox', { name: 'Address' }).fill(address.slice(0, 15).toUpperCase());
  await page.getByRole('button', { name: 'Search' }).click();
  const found = page.getByRole('article');
  await expect(found).toHaveCount(1);
  await expect(found).toContainText(`to ${address}`);
  await expect(found.getByRole('link', { name: link })).toHaveAttribute('href', link);

  await found.getByRole('tab', { name: 'HTML' }).click();
  const frame = page.frameLocator('iframe');
  await expect(frame.getByRole('heading', { name: 'Hello' })).toBeVisible();
  const [opened] = await Promise.all([
    page.waitForEvent('popup'),
    frame.getByRole('link', { name: 'Sign in', exact: true }).click(),
  ]);
  await expect(opened).toHaveURL(link);
  await expect(page).toHaveTitle(/Outbox/);

  await page.getByRole('searchbox', { name: 'Address' }).fill('nobody-at-all');
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page.getByText('No mail to such an address')).toBeVisible();
});
