import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { billingCustomers, billingNotices } from '@/db/schema/billing';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { hostOf, urlOf } from '@/lib/gateway/hosts';
import { newRequestId } from '@/lib/ids';
import { logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { paymentMail } from '@/lib/mail/templates';
import { isPlanId, plans } from '@/lib/plans/plans';
import type { PlatformActor } from '@/lib/tenancy/context';
import type { TenantEntry } from '@/lib/tenancy/directory';
import { lockTenant, putOnPlan, setReadOnly } from '@/lib/tenants/mutations';
import { listAdminAddresses } from '@/lib/tenants/queries';
import { findOpenInvoice, readPayment } from './queries';
import {
  formatMoney,
  type Notice,
  noticesDue,
  type Payment,
  planAfter,
  type Standing,
  standingOf,
} from './rules';

/** The system, where it does what follows from how a tenant pays. */
export function billingActor(): PlatformActor {
  return { actor: { kind: 'system', name: 'billing' }, requestId: newRequestId() };
}

/**
 * Puts a tenant on the plan, and lets it do what follows from how it pays, inside the caller's transaction, which has locked
 * the tenant. Tells its admins what they have to know, once. `before` is how it paid before. Doing it again changes nothing.
 */
export async function applyStanding(
  db: Db,
  tenant: TenantEntry,
  before: Pick<Payment, 'pastDueSince'>,
  by: PlatformActor = billingActor(),
): Promise<Standing | null> {
  const read = await readPayment(db, tenant.id);
  if (!read) return null;
  const { payment, granted, now, subscriptionId } = read;
  const standing = standingOf(payment, now);
  const [row] = await db.select({ plan: tenants.plan }).from(tenants).where(eq(tenants.id, tenant.id));
  const plan = planAfter(row?.plan ?? 'starter', granted, standing.plan);
  const reason = reasonOf(payment, standing);
  await putOnPlan(db, { tenant, ...by }, { plan, reason });
  await setReadOnly(db, { tenant, ...by }, { isReadOnly: standing.access === 'read-only', reason });
  if (granted !== standing.plan)
    await db
      .update(billingCustomers)
      .set({ grantedPlan: standing.plan })
      .where(eq(billingCustomers.tenantId, tenant.id));
  const open = await findOpenInvoice(db, tenant.id);
  const after = { ...payment, subscriptionId, openInvoiceId: open?.id ?? null };
  const due = noticesDue({ ...before, granted }, after, standing, now);
  await tell(db, tenant, due, { plan, standing, open });
  return standing;
}

/** Why a plan changes, for the audit log. */
function reasonOf({ status, compUntil }: Payment, { plan, access }: Standing): string {
  if (access === 'none') return status ? `the subscription is ${status}` : 'nothing is subscribed any more';
  if (access === 'full' && compUntil && status !== 'active' && status !== 'trialing')
    return `given by support until ${compUntil.toISOString().slice(0, 10)}`;
  return plan ? `the subscription is ${status}` : 'billing';
}

async function tell(
  db: Db,
  tenant: TenantEntry,
  notices: readonly Notice[],
  facts: { plan: string; standing: Standing; open: Awaited<ReturnType<typeof findOpenInvoice>> },
): Promise<void> {
  if (notices.length === 0) return;
  const fresh = await db
    .insert(billingNotices)
    .values(notices.map((notice) => ({ tenantId: tenant.id, ...notice })))
    .onConflictDoNothing()
    .returning({ kind: billingNotices.kind });
  const addresses = fresh.length > 0 ? await listAdminAddresses(db, tenant.id) : [];
  const { open, standing } = facts;
  for (const { kind } of notices.filter((notice) => fresh.some((row) => row.kind === notice.kind)))
    for (const address of addresses)
      await queueMail(
        db,
        paymentMail(address, kind, {
          name: tenant.name,
          host: hostOf(tenant),
          url: urlOf(tenant, '/settings/billing'),
          planName: isPlanId(facts.plan) ? plans[facts.plan].name : facts.plan,
          amount: open ? formatMoney(open.amountDue, open.currency, 'en-US') : null,
          nextAttemptAt: open?.nextAttemptAt?.toISOString() ?? null,
          readOnlyAt: standing.readOnlyAt?.toISOString() ?? null,
        }),
      );
}

/** Does for every tenant what follows from the time alone: graces and gifts that have run out. Called every few minutes. */
export async function sweepStandings(): Promise<void> {
  const due = await withPlatform((db) =>
    db.execute<{ id: string }>(sql`
      select tenant_id as id from billing_customers
        where past_due_since is not null or grace_until is not null or comp_until is not null`),
  );
  for (const { id } of due)
    await withPlatform(async (db) => {
      const tenant = await lockTenant(db, id);
      const read = await readPayment(db, id);
      await applyStanding(db, tenant, { pastDueSince: read?.payment.pastDueSince ?? null });
    }).catch((error) => logError(error, 'what a tenant may do by its payments cannot be judged now'));
}
