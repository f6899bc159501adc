import type { Page } from 'playwright/test';
import { expect, person, signIn, test, url } from './support';

/** A page whose scripts are long in coming: it can be seen and touched, and React has not taken it over. */
async function openSlowly(page: Page, address: string): Promise<void> {
  await page.route('**/_next/static/chunks/*.js', async (route) => {
    await new Promise((go) => setTimeout(go, 2_000));
    await route.continue();
  });
  await page.goto(address, { waitUntil: 'commit' });
}

test('a form sent before its page came alive is sent once it has, and a menu opens', async ({ page }) => {
  await openSlowly(page, url('acme-corp', '/login'));
  await signIn(page, person('viewer'));
  await page.waitForURL(url('acme-corp', '/overview'), { waitUntil: 'commit' });

  await page.getByRole('button', { name: /^Account/ }).click();
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible();
});
