import type { Page } from 'playwright/test';
import { makeOperator, type TestOperator } from '../support/factories';
import { enterAs, expect, url } from './support';

/** Opens a page of the console as an operator, and answers who that is. */
export async function asOperator(page: Page, path = '/admin'): Promise<TestOperator> {
  const somebody = await makeOperator();
  await enterAs(page, somebody);
  await page.goto(url('cloud', path));
  return somebody;
}

/** Opens a dialog by its button, says why, and does it. */
export async function act(
  page: Page,
  button: string | RegExp,
  verb: string | RegExp,
  reason: string,
): Promise<void> {
  const dialog = page.getByRole('dialog');
  await expect(async () => {
    if (!(await dialog.isVisible())) await page.getByRole('button', { name: button }).first().click();
    await expect(dialog).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await dialog.getByLabel('Why').fill(reason);
  await dialog.getByRole('button', { name: verb }).click();
}
