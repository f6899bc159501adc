import { and, eq, inArray, lte, or, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import {
  countRows,
  deleteControlRows,
  detachPartition,
  dropDataTable,
  dropTenantSchema,
  type Eraser,
  listControlTables,
  listDataTables,
  withErasureLock,
} from '@/db/erase';
import { erasureReceipts, erasures, reservedSlugs } from '@/db/schema/lifecycle';
import { mailOutbox } from '@/db/schema/mail';
import {
  credentials,
  personTokens,
  providerAccounts,
  recoveryCodes,
  secondFactors,
  sessions,
  users,
  verificationTokens,
} from '@/db/schema/people';
import { memberships, tenants } from '@/db/schema/tenancy';
import { endSubscriptions } from '@/lib/billing/mutations';
import { hostOf } from '@/lib/gateway/hosts';
import { log, logError } from '@/lib/log';
import { queueMail } from '@/lib/mail/outbox';
import { erasureReceiptMail } from '@/lib/mail/templates';
import { announceTenantChange } from '@/lib/tenancy/directory';
import { reserveSlug } from '@/lib/tenants/mutations';
import { listAdminAddresses } from '@/lib/tenants/queries';
import { expireUnconfirmedTenants } from '@/lib/workflows/api-sign-up/mutations';
import { listDueErasures, lockLeavers } from './queries';
import { canonicalJson, hashSlug, signReceipt } from './rules';
import type { UnsignedReceipt } from './schema';

/** Told after each step, by the step's name. What it throws ends the erasure there, as a kill at that moment would. */
export type OnStep = (step: string) => void | Promise<void>;

const FOREIGN_KEY_VIOLATION = '23503';

/** The sweep that is run every minute: workspaces that nobody confirmed are deleted, and those that are due are erased. */
export async function sweepErasures(): Promise<void> {
  await expireUnconfirmedTenants();
  await eraseDueTenants();
}

/**
 * Erases every tenant whose days of grace are over, and answers their ids. Each step can be repeated, and what was
 * counted is kept, so an erasure that was cut off anywhere goes on at the next call with the same receipt. Of several
 * processes one does the work and the others do nothing. A tenant that fails is logged and does not hold up the others.
 */
export async function eraseDueTenants(onStep: OnStep = () => {}): Promise<string[]> {
  const due = await listDueErasures();
  const erased: string[] = [];
  if (due.length === 0) return erased;
  await withErasureLock(async (eraser) => {
    for (const id of due) {
      try {
        if (!(await beginErasure(eraser, id))) continue;
        await onStep('count');
        await endSubscriptions(id);
        await onStep('end subscriptions');
        await eraseTenant(eraser, id, onStep);
        erased.push(id);
        log().info({ tenant: id }, 'tenant erased');
      } catch (error) {
        logError(error, `erasure of tenant ${id} failed; it goes on at the next sweep`);
      }
    }
  });
  return erased;
}

/**
 * Counts what there is, before anything is touched. From here on the deletion cannot be undone: `cancelDeletion` locks
 * the same row and finds the deadline passed. Answers false when the tenant is gone or was kept meanwhile.
 */
async function beginErasure(eraser: Eraser, id: string): Promise<boolean> {
  const tables = { data: await listDataTables(eraser, id), control: await listControlTables(eraser) };
  return eraser.db.transaction(async (db) => {
    const [tenant] = await db
      .select({ id: tenants.id })
      .from(tenants)
      .where(
        and(
          eq(tenants.id, id),
          eq(tenants.status, 'deleting'),
          lte(tenants.deleteAfter, sql`clock_timestamp()`),
        ),
      )
      .for('update');
    if (!tenant) return false;
    const [begun] = await db
      .select({ id: erasures.tenantId })
      .from(erasures)
      .where(eq(erasures.tenantId, id));
    if (begun) return true;
    await db.insert(erasures).values({ tenantId: id, rowCounts: await countRows(db, id, tables) });
    return true;
  });
}

async function eraseTenant(eraser: Eraser, id: string, onStep: OnStep): Promise<void> {
  for (const table of await listDataTables(eraser, id)) {
    await detachPartition(eraser, id, table);
    await onStep(`detach ${table}`);
    await dropDataTable(eraser, id, table);
    await onStep(`drop ${table}`);
  }
  await dropTenantSchema(eraser, id);
  await onStep('drop schema');
  // After the schema: whoever still wrote rows of this tenant did so together with rows of it.
  for (const table of await listControlTables(eraser)) {
    await deleteControlRows(eraser, id, table);
    await onStep(`delete ${table}`);
  }
  await eraser.db.transaction((db) => finishErasure(db, id));
  await onStep('finish');
}

/** People, memberships and the tenant itself go, and the receipt comes, in one transaction. */
async function finishErasure(db: Db, id: string): Promise<void> {
  const [tenant] = await db.select().from(tenants).where(eq(tenants.id, id)).for('update');
  const [state] = await db.select().from(erasures).where(eq(erasures.tenantId, id));
  if (!tenant || !state) throw new Error('an erasure without its tenant or its counts');
  const [clock] = await db.execute<{ now: string }>(sql`select date_trunc('milliseconds', now()) as now`);
  const receivers = await listReceivers(db, tenant);

  const leavers = await lockLeavers(db, id);
  const left = await db
    .delete(memberships)
    .where(eq(memberships.tenantId, id))
    .returning({ id: memberships.userId });
  const people = await erasePeople(db, leavers);
  const former = await db
    .select({ slug: reservedSlugs.slug })
    .from(reservedSlugs)
    .where(eq(reservedSlugs.tenantId, id));
  await reserveSlug(db, tenant);
  // Its foreign key takes the tenant's id out of the reservations: from now on they are nobody's.
  await db.delete(tenants).where(eq(tenants.id, id));

  const erasedAt = new Date(clock?.now ?? Date.now());
  const unsigned: UnsignedReceipt = {
    version: 1,
    tenant_id: id,
    slug_hash: hashSlug(tenant.slug),
    requested_at: (tenant.deletionRequestedAt ?? state.startedAt).toISOString(),
    erased_at: erasedAt.toISOString(),
    row_counts: { ...state.rowCounts, memberships: left.length, ...people, tenants: 1 },
  };
  const receipt = signReceipt(unsigned);
  await db.insert(erasureReceipts).values({
    tenantId: id,
    slugHash: receipt.slug_hash,
    requestedAt: new Date(receipt.requested_at),
    erasedAt,
    rowCounts: receipt.row_counts,
    signature: receipt.signature,
  });
  await db.delete(erasures).where(eq(erasures.tenantId, id));
  const facts = {
    name: tenant.name,
    host: hostOf(tenant),
    receipt: canonicalJson(receipt),
    rowCounts: receipt.row_counts,
    erasedAt: receipt.erased_at,
  };
  for (const address of receivers) await queueMail(db, erasureReceiptMail(address, facts));
  await announceTenantChange(db, { id, slugs: [tenant.slug, ...former.map(({ slug }) => slug)] });
}

/** Who gets the receipt: the admin who asked; where the system did, or they are gone, all admins. */
async function listReceivers(
  db: Db,
  tenant: { id: string; deletionRequestedBy: string | null },
): Promise<string[]> {
  const [asked] = tenant.deletionRequestedBy
    ? await db.select({ email: users.email }).from(users).where(eq(users.id, tenant.deletionRequestedBy))
    : [];
  return asked ? [asked.email] : listAdminAddresses(db, tenant.id);
}

/** Erases people with all that is theirs alone, and answers how many rows of each table. */
async function erasePeople(
  db: Db,
  people: readonly { id: string; email: string }[],
): Promise<Record<string, number>> {
  const ids = people.map(({ id }) => id);
  const emails = people.map(({ email }) => email);
  const wanted = await db
    .select({ email: personTokens.email })
    .from(personTokens)
    .where(inArray(personTokens.userId, ids));
  // What was written to an address that they wanted to have names them; the rest there is its owner's.
  const namesThem = or(...emails.map((email) => sql`position(${email} in ${mailOutbox.text}) > 0`));
  const toThem = or(
    inArray(mailOutbox.toAddress, emails),
    and(
      inArray(
        mailOutbox.toAddress,
        wanted.map(({ email }) => email),
      ),
      namesThem,
    ),
  );
  const gone = {
    credentials: await db
      .delete(credentials)
      .where(inArray(credentials.userId, ids))
      .returning({ id: credentials.userId }),
    sessions: await db.delete(sessions).where(inArray(sessions.userId, ids)).returning({ id: sessions.id }),
    provider_accounts: await db
      .delete(providerAccounts)
      .where(inArray(providerAccounts.userId, ids))
      .returning({ id: providerAccounts.accountId }),
    second_factors: await db
      .delete(secondFactors)
      .where(inArray(secondFactors.userId, ids))
      .returning({ id: secondFactors.userId }),
    recovery_codes: await db
      .delete(recoveryCodes)
      .where(inArray(recoveryCodes.userId, ids))
      .returning({ id: recoveryCodes.codeHash }),
    person_tokens: await db
      .delete(personTokens)
      .where(inArray(personTokens.userId, ids))
      .returning({ id: personTokens.tokenHash }),
    verification_tokens: await db
      .delete(verificationTokens)
      .where(inArray(verificationTokens.identifier, emails))
      .returning({ id: verificationTokens.token }),
    mail_outbox: await db.delete(mailOutbox).where(toThem).returning({ id: mailOutbox.id }),
  };
  for (const { id } of people) await erasePerson(db, id);
  const counts = Object.fromEntries(Object.entries(gone).map(([table, rows]) => [table, rows.length]));
  return { ...counts, users: people.length };
}

/** Deletes a person; where a row of somebody else's still names them, what is left is an id without a person. */
async function erasePerson(db: Db, id: string): Promise<void> {
  try {
    await db.transaction((savepoint) => savepoint.delete(users).where(eq(users.id, id)));
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: string };
    if (code !== FOREIGN_KEY_VIOLATION) throw error;
    await db
      .update(users)
      .set({ email: `erased-${id}@erased.invalid`, name: 'Erased person', emailVerifiedAt: null })
      .where(eq(users.id, id));
  }
}
