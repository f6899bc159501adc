import type { Page } from 'playwright/test';
import { writeEvaluations } from '@/lib/evaluations/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makeTenant, type TestTenant } from '../support/factories';
import { enterAs, expect, test, url } from './support';
import { closeWorlds } from './worlds';

let tenant: TestTenant;

test.beforeAll(async () => {
  tenant = await makeTenant();
  await ingestTraces(tenant.firstKey.ctx, [
    { traceId: 'a', question: 'Is it grounded?', tags: ['beta', 'shop'], userId: 'ada', latencyMs: 300 },
    { traceId: 'b', question: 'Is it made up?', tags: ['beta'], userId: 'ada', latencyMs: 2_500 },
    { traceId: 'c', question: 'Is it slow?', project: 'search', userId: 'ben', latencyMs: 9_000 },
  ]);
  await writeEvaluations(tenant.ctx, [
    { trace_id: 'a', score_type: 'overall', score: 0.9 },
    {
      ...{ trace_id: 'b', score_type: 'overall', score: 0.3, evaluator_id: 'judge', evaluator_version: '7' },
      explanation: 'No chunk says it.',
    },
  ]);
});
test.afterAll(closeWorlds);

async function open(page: Page, query = ''): Promise<void> {
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, `/traces${query}`));
}

const questions = (page: Page) => page.getByRole('main').getByRole('link', { name: /^Is it/ });
const chips = (page: Page) => page.getByRole('list', { name: 'Active filters' }).getByRole('listitem');

test('filters open by keyboard, narrow the list by its address, and are taken away one by one', async ({
  page,
}) => {
  await open(page);
  await expect(questions(page)).toHaveCount(3);
  const button = page.getByRole('button', { name: /^Filters/ });
  const drawer = page.getByRole('dialog', { name: 'Filters' });
  await expect(async () => {
    await button.focus();
    await page.keyboard.press('Enter');
    await expect(drawer).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await drawer.getByRole('textbox', { name: 'User' }).fill('ada');
  await drawer.getByRole('textbox', { name: 'Tags' }).fill('beta');
  await drawer.getByRole('spinbutton', { name: 'Overall score at most' }).fill('0.5');
  await drawer.getByRole('combobox', { name: 'Traffic light' }).selectOption('Red');
  await drawer.getByRole('spinbutton', { name: 'Latency at least' }).fill('1000');
  await page.keyboard.press('Enter');
  await expect(drawer).toBeHidden();
  await expect(questions(page)).toHaveText(['Is it made up?']);
  await expect(chips(page)).toHaveCount(5);
  const { searchParams } = new URL(page.url());
  expect(Object.fromEntries(searchParams)).toEqual({
    ...{ user: 'ada', tag: 'beta', light: 'red', max_overall: '0.5', min_latency_ms: '1000' },
  });
  await expect(button).toHaveAccessibleName('Filters, 5 set');

  for (const left of [4, 3, 2]) {
    await chips(page).first().getByRole('link').click();
    await expect(chips(page)).toHaveCount(left);
  }
  await expect(questions(page)).toHaveText(['Is it made up?', 'Is it grounded?']);
  await page.goBack();
  await expect(chips(page)).toHaveCount(3);
  await page.getByRole('link', { name: 'Clear filters' }).click();
  await expect(questions(page)).toHaveCount(3);
});

test('what cannot be is said at its field, and nothing is lost of what was typed', async ({ page }) => {
  await open(page, '?sort=latency&q=it');
  await expect(questions(page)).toHaveText(['Is it slow?', 'Is it made up?', 'Is it grounded?']);
  const drawer = page.getByRole('dialog', { name: 'Filters' });
  await expect(async () => {
    await page.getByRole('button', { name: /^Filters/ }).click();
    await expect(drawer).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(drawer.getByRole('combobox', { name: 'Order' })).toHaveValue('latency');
  await drawer.getByLabel('Overall score at least').fill('0.6');
  await drawer.getByLabel('Overall score at most').fill('0.5');
  await drawer.getByRole('textbox', { name: 'Project' }).fill('search');
  await drawer.getByRole('button', { name: 'Show traces' }).click();
  await expect(drawer.getByRole('alert')).toHaveText('The first must not be larger than the second.');
  await expect(drawer.getByLabel('Overall score at least')).toBeFocused();
  await expect(drawer.getByRole('textbox', { name: 'Project' })).toHaveValue('search');
  await drawer.getByRole('button', { name: 'Clear' }).click();
  await expect(drawer).toBeHidden();
  // What stands in the bar above the list is not the drawer's.
  await expect(page).toHaveURL(/\/traces\?q=it$/);
});

test('times are typed in the reader’s zone', async ({ page }) => {
  await open(page);
  const drawer = page.getByRole('dialog', { name: 'Filters' });
  await expect(async () => {
    await page.getByRole('button', { name: /^Filters/ }).click();
    await expect(drawer).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await drawer.getByLabel('Received from').fill('2026-01-31T10:30');
  await drawer.getByRole('button', { name: 'Show traces' }).click();
  const local = await page.evaluate(() => new Date('2026-01-31T10:30').toISOString());
  await expect(page).toHaveURL((address) => address.searchParams.get('from') === local);
  await expect(chips(page)).toHaveCount(1);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 } });
  test('the drawer takes the whole width and nothing stands beyond it', async ({ page }) => {
    await open(page, '?tag=beta&min_latency_ms=100');
    const drawer = page.getByRole('dialog', { name: 'Filters' });
    await expect(async () => {
      await page.getByRole('button', { name: /^Filters/ }).click();
      await expect(drawer).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await expect.poll(async () => (await drawer.boundingBox())?.x).toBe(0);
    expect(await drawer.evaluate((element) => element.scrollWidth <= element.clientWidth)).toBe(true);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await drawer.getByRole('button', { name: 'Show traces' }).click();
    await expect(questions(page)).toHaveCount(2);
  });
});

test('a trace tells why it was judged as it was', async ({ page }) => {
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, '/traces/b'));
  const evaluations = page.getByRole('region', { name: 'Evaluations' });
  await expect(evaluations.getByRole('listitem')).toHaveText(
    /^Overall 0\.300judge 7 ·.*No chunk says it\.$/i,
  );
  await page.goto(url(tenant.slug, '/traces/c'));
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Is it slow?');
  await expect(evaluations).toBeHidden();
});
