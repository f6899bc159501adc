import { eq } from 'drizzle-orm';
import { pool } from '@/db/client';
import { billingCustomers } from '@/db/schema/billing';
import { until } from '../contract/stripe/target';
import { makeTenant } from '../support/factories';
import { act, asOperator } from './as-operator';
import { openSandbox } from './sandbox';
import { expect, test, url } from './support';
import { closeWorlds, database } from './worlds';

const poison = 'test_repairs_poison';

test.afterAll(async () => {
  await database.unsafe(`alter table usage_records drop constraint if exists ${poison}`);
  await closeWorlds();
});

test.describe.configure({ timeout: 120_000 });

test('a tenant is late in metering: the operator finds out why, and puts it right', async ({ page }) => {
  const tenant = await makeTenant();
  await database`
    insert into usage_deltas (tenant_id, project, trace_count, recorded_at)
      values (${tenant.id}, 'default', 7, date_trunc('hour', now()) - interval '3 hours')`;
  await database`
    insert into usage_meters (tenant_id, closed_until) values (${tenant.id}, date_trunc('hour', now()) - interval '4 hours')
      on conflict (tenant_id) do update set closed_until = excluded.closed_until`;
  // Its records cannot be written, which is nobody else's matter.
  await database.unsafe(
    `alter table usage_records add constraint ${poison} check (tenant_id <> '${tenant.id}') not valid`,
  );

  await asOperator(page, `/admin/tenants?flag=late-metering&q=${tenant.slug}`);
  await expect(page.getByRole('link', { name: tenant.slug }).first()).toBeVisible();

  await page.goto(url('cloud', '/admin/metering'));
  await page.getByRole('button', { name: 'Run now', exact: true }).click();
  const failing = page.getByRole('table', { name: 'Workspaces that fail' });
  const row = failing.getByRole('row', { name: new RegExp(tenant.slug) });
  await expect(row).toContainText(poison, { timeout: 30_000 });
  await page.goto(url('cloud', '/admin'));
  await expect(page.getByText(/The usage of \d+ workspaces? cannot be closed/).first()).toBeVisible();

  // What stood in its way is taken out of it, and the operator has it caught up with.
  await database.unsafe(`alter table usage_records drop constraint ${poison}`);
  await page.goto(url('cloud', '/admin/metering'));
  await page.getByRole('button', { name: `Run now for ${tenant.slug}` }).click();
  await expect(page.getByText(/^Closed: \d+ hours?, 7 traces\.$/)).toBeVisible({ timeout: 30_000 });
  await expect(row).toHaveCount(0);
  await page.goto(url('cloud', `/admin/tenants?flag=late-metering&q=${tenant.slug}`));
  await expect(page.getByText('No tenant fits these filters.')).toBeVisible();
});

test('a webhook failed: the operator reads why, and replays it', async ({ page }) => {
  const tenant = await makeTenant();
  const { stripe, fault, noFaults } = await openSandbox();
  const { id: customer } = await stripe.customers.create({ metadata: { tenant_id: tenant.id } });
  await pool('platform')
    .db.insert(billingCustomers)
    .values({ tenantId: tenant.id, mode: 'sandbox', stripeCustomerId: customer });
  const stateOf = async () =>
    (
      await pool('platform')
        .db.select()
        .from(billingCustomers)
        .where(eq(billingCustomers.tenantId, tenant.id))
    )[0];

  // Stripe does not answer for this customer when what the event is about is fetched.
  await fault({ kind: 'status', status: 500, path: `/v1/customers/${customer}`, count: 1_000 });
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer });
  await asOperator(page, '/admin/jobs?queue=webhook&state=failed');
  const row = page
    .getByRole('table', { name: 'Jobs' })
    .getByRole('row', { name: new RegExp(`payment_method.attached.*${customer}`) });
  await expect(async () => {
    await page.reload();
    await expect(row).toContainText('failed', { timeout: 1_000 });
  }).toPass({ timeout: 30_000 });
  await expect(row).toContainText('Stripe');
  // By itself it is tried again only much later.
  await database`
    update billing_customers set sync_after = now() + interval '1 hour' where tenant_id = ${tenant.id}`;

  await noFaults();
  await act(page, /^Replay: payment_method\.attached/, 'Replay', 'Stripe is back');
  await expect(page.getByText('It is queued once more.')).toBeVisible();
  await until(stateOf, (found) => found?.dirtyAt === null && found.syncFailures === 0);
  await page.goto(url('cloud', '/admin/jobs?queue=webhook&state=done'));
  await expect(row).toContainText('done');
  await page.goto(url('cloud', '/admin/audit'));
  await expect(page.getByText('Stripe is back').first()).toBeVisible();
  expect(card.customer).toBe(customer);
});
