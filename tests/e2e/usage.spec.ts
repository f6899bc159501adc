import { readFileSync } from 'node:fs';
import { usageDeltas } from '@/db/schema/usage';
import { withTenant } from '@/db/tenant';
import { plans } from '@/lib/plans/plans';
import { changePlan } from '@/lib/tenants/mutations';
import { makePerson, makeTenant, type TestTenant } from '../support/factories';
import { poll } from '../support/poll';
import { enterAs, expect, send, test, url } from './support';
import { closeWorlds } from './worlds';

test.afterAll(closeWorlds);

async function post(tenant: TestTenant, ...traces: object[]): Promise<number> {
  const answer = await send({
    host: tenant.host,
    path: '/api/v1/traces/batch',
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.firstKey.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ traces }),
  });
  return answer.status;
}

/** Counts traces as if they had been sent. */
const use = (tenant: TestTenant, traceCount: number) =>
  withTenant(tenant.ctx, (db) =>
    db.insert(usageDeltas).values({ tenantId: tenant.id, project: 'default', traceCount }),
  );

test('what was sent shows on the page of usage, down to its traces, and in the file', async ({ page }) => {
  const tenant = await makeTenant();
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, '/usage'));
  await expect(page.getByText('Nothing has been used yet')).toBeVisible();
  await expect(page.getByRole('link', { name: 'Send the first trace' })).toHaveAttribute('href', '/setup');

  expect(
    await post(tenant, { trace_id: 'one' }, { trace_id: 'two', project: 'shop' }, { trace_id: 'three' }),
  ).toBe(201);
  await page.goto(url(tenant.slug, '/usage'));
  await expect(page.getByRole('region', { name: 'Traces in this period' })).toContainText(
    '3of 10,000 included',
  );
  await expect(page.getByRole('region', { name: 'By project', exact: true })).toContainText('shop');

  // A chart is one stop on the way through the page: its newest bar. Enter leads to its hours, and on to what they are made of.
  const day = page
    .getByRole('list', { name: /^Traces by day, bar by bar/ })
    .getByRole('link')
    .last();
  await expect(day).toHaveAccessibleName(/ UTC: 3 traces$/);
  await day.focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/day=\d{4}-\d\d-\d\d.*#hours$/);
  const hour = page
    .getByRole('list', { name: /^Traces by hour, .* bar by bar/ })
    .getByRole('link')
    .last();
  await expect(hour).toHaveAccessibleName(/:00–\d\d:00 UTC: 3 traces$/);
  await hour.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Traces of one hour' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Commits' }).getByRole('row')).toHaveCount(3); // with the heads
  await page.getByRole('link', { name: 'two', exact: true }).click();
  await expect(page).toHaveURL(url(tenant.slug, '/traces/two'));

  await page.goBack();
  await page.getByRole('link', { name: 'Usage', exact: true }).last().click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'CSV by hour' }).click(),
  ]);
  expect(readFileSync(await download.path(), 'utf8')).toMatch(
    /^metric,from,to,value,revision,is_open\r\ntrace\.count,\S+,\S+,3,0,true\r\n$/,
  );
});

test('at 100 % of the free plan everybody sees it, new traces are refused, and admins are told by mail', async ({
  page,
}) => {
  const tenant = await makeTenant();
  const viewer = await makePerson(tenant, 'viewer');
  expect(await post(tenant, { trace_id: 'known' })).toBe(201);
  await use(tenant, plans.starter.included.traces - 1);
  // The verdict is at most ten seconds old.
  await poll(
    async () => (await post(tenant, { trace_id: `new-${Date.now()}` })) === 403,
    20_000,
    'the refusal',
  );
  expect(await post(tenant, { trace_id: 'known', user_input: 'changed' })).toBe(201);

  await enterAs(page, viewer);
  await page.goto(url(tenant.slug, '/traces'));
  const banner = page.getByRole('region', { name: 'Quota' });
  await expect(banner).toContainText('New traces are refused. All 10,000 traces of Starter are used.');
  await expect(banner.getByRole('link')).toHaveCount(0); // who may not open the page is not led to it

  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, '/settings/deliveries'));
  await expect(page.getByText(/All 10,000 traces of the plan Starter are used/).first()).toBeVisible();
  await banner.getByRole('link', { name: 'See usage' }).click();
  await expect(page.getByRole('heading', { name: 'Usage', exact: true })).toBeVisible();

  await page.goto(url('cloud', `/dev/mail?to=${encodeURIComponent(tenant.admin.email)}`));
  await expect(page.getByRole('article').filter({ hasText: 'has used all of its traces' })).toHaveCount(1);
  await expect(page.getByRole('article').filter({ hasText: 'has used 80 % of its traces' })).toHaveCount(1);
});

test('an admin sets a spend cap, is told what it means, and takes it away', async ({ page }) => {
  const tenant = await makeTenant();
  const operator = { actor: { kind: 'system', name: 'operator' }, requestId: 'test' } as const;
  await changePlan(operator, { tenantId: tenant.id, plan: 'pro', reason: 'test' });
  await enterAs(page, tenant.admin);
  await page.goto(url(tenant.slug, '/usage'));
  const form = page.getByRole('form', { name: 'Spend cap' });
  const field = form.getByRole('textbox');
  await expect(form).toContainText('No cap: each 1,000 beyond 200,000 cost $0.20.');
  await field.fill('twenty');
  await form.getByRole('button', { name: 'Save cap' }).click();
  await expect(field).toHaveAccessibleDescription('The cap is an amount in US dollars, such as 50.');
  await field.fill('20');
  await expect(form).toContainText('100,000 more traces: new ones are refused from 300,000 in a period on.');
  await form.getByRole('button', { name: 'Save cap' }).click();
  await expect(page.getByText('may cost $20 in a period now')).toBeVisible();
  await expect(page.getByText('new traces are refused from 300,000 on')).toBeVisible();
  await page.reload();
  await expect(field).toHaveValue('20');
  await form.getByRole('button', { name: 'Remove cap' }).click();
  await expect(page.getByText('There is no spend cap any more.')).toBeVisible();
  await expect(page.getByText('there is none: no trace is refused')).toBeVisible();
});
