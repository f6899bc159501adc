import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { closePools, pool } from '@/db/client';
import { loginUrl } from '@/db/logins';
import { migrate } from '@/db/migrate';
import { reservedSlugs } from '@/db/schema/lifecycle';
import { mailOutbox } from '@/db/schema/mail';
import { providerAccounts, recoveryCodes, secondFactors, users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { traces } from '@/db/schema/traces';
import { withOwner, withPlatform, withTenant } from '@/db/tenant';
import { readSession } from '@/lib/auth/sessions';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { addMember } from '@/lib/members/mutations';
import { changeSlug } from '@/lib/tenants/mutations';
import { checkSlugAvailability } from '@/lib/tenants/queries';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { cancelDeletion, requestDeletion } from '@/lib/workflows/deletion/mutations';
import { eraseDueTenants } from '@/lib/workflows/erasure/mutations';
import { findReceipt } from '@/lib/workflows/erasure/queries';
import { hashSlug, verifyReceipt } from '@/lib/workflows/erasure/rules';
import { connect, createDatabase, migrationsFolder, type TestDatabase } from '@/tests/support/databases';
import { makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let database: TestDatabase;
let bystander: TestTenant;

// A database of its own: half-erased tenants are what the catalogue test of the shared one reports. The environment is
// read at its first use, which is the migration's.
beforeAll(async () => {
  database = await createDatabase();
  process.env.DATABASE_URL = database.url;
  await migrate({ adminUrl: database.url, folder: migrationsFolder });
  bystander = await makeTenant();
  await ingestTraces(bystander.firstKey.ctx, [{ traceId: 'mine', question: 'still here?' }]);
});
afterAll(async () => {
  await closePools();
  await database.drop();
});

/** A tenant with three traces, a second admin with a second factor, a former address, and somebody who also belongs to the bystander. */
async function fullTenant() {
  const tenant = await makeTenant();
  await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'a' }, { traceId: 'b' }, { traceId: 'c' }]);
  const [second, shared] = await Promise.all([makePerson(tenant, 'admin'), makePerson(tenant, 'analyst')]);
  await withOwner((db) => addMember(db, bystander.ctx, { userId: shared.userId, role: 'viewer' }));
  await withPlatform(async (db) => {
    const { userId, email } = second;
    await db.insert(secondFactors).values({ userId, secretEncrypted: 'v1.none', confirmedAt: sql`now()` });
    await db.insert(recoveryCodes).values([
      { userId, codeHash: 'one' },
      { userId, codeHash: 'two' },
    ]);
    await db.insert(providerAccounts).values({ provider: 'github', accountId: unique(), userId, email });
  });
  const slug = `left-${unique()}`;
  await changeSlug(tenant.admin.ctx, { slug });
  return { tenant, second, shared, slug, formerSlug: tenant.slug };
}

/** Asks for the deletion, and lets the days of grace pass. */
async function makeDue(tenant: TestTenant, slug: string): Promise<void> {
  await requestDeletion(tenant.admin.ctx, { slug });
  await withPlatform((db) =>
    db.update(tenants).set({ deleteAfter: sql`now()` }).where(eq(tenants.id, tenant.id)),
  );
}

/** What one full tenant amounts to; the rest of the tables is empty of it. */
const expectedCounts = {
  traces: 3,
  api_keys: 1,
  // made, admin added, key made, two people added, address changed, deletion asked for
  audit_log: 7,
  // of the traces, and one for each who became a member
  usage_deltas: 4,
  membership_intervals: 3,
  deliveries: 1,
  trace_words_pending: 1,
  memberships: 3,
  tenants: 1,
  users: 2,
  credentials: 1,
  sessions: 2,
  // the one who signed up was asked to verify their address, and both admins were told of the deletion; they are erased,
  // and so is what was sent to them
  mail_outbox: 3,
  verification_tokens: 0,
  person_tokens: 1,
  provider_accounts: 1,
  second_factors: 1,
  recovery_codes: 2,
};

/** Every table of the database that mentions a text anywhere, whichever schema it is in. */
async function tablesWith(text: string): Promise<string[]> {
  const admin = connect(database.url);
  try {
    const tables = await admin<{ name: string }[]>`
      select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1`;
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await admin.unsafe(`select 1 from ${name} as t where t::text ilike $1 limit 1`, [
        `%${text}%`,
      ]);
      if (rows.length > 0) found.push(name);
    }
    const names = await admin`select 1 from pg_namespace where nspname ilike ${`%${text}%`}`;
    return names.length > 0 ? [...found, 'a schema'] : found;
  } finally {
    await admin.end();
  }
}

async function expectGone({
  tenant,
  slug,
  formerSlug,
  second,
  shared,
}: Awaited<ReturnType<typeof fullTenant>>) {
  expect(await tablesWith(tenant.id)).toEqual(['erasure_receipts']);
  expect(await tablesWith(tenant.id.replaceAll('-', ''))).toEqual([]);
  for (const gone of [
    tenant.admin.userId,
    tenant.admin.email,
    second.userId,
    second.email,
    tenant.firstKey.keyId,
  ])
    expect(await tablesWith(gone)).toEqual([]);
  expect(await tablesWith(slug)).toEqual(['reserved_slugs']);
  for (const reserved of [slug, formerSlug])
    expect(await checkSlugAvailability(reserved)).toMatchObject({ available: false });
  const held = await pool('platform')
    .db.select({ tenantId: reservedSlugs.tenantId })
    .from(reservedSlugs)
    .where(eq(reservedSlugs.slug, slug));
  expect(held).toEqual([{ tenantId: null }]);

  expect(await readSession(tenant.admin.token)).toBeNull();
  expect(await readSession(shared.token)).toMatchObject({ userId: shared.userId });
  const kept = await withTenant(bystander.ctx, (db) => db.select({ id: traces.traceId }).from(traces));
  expect(kept).toEqual([{ id: 'mine' }]);
}

async function receiptOf(tenant: TestTenant) {
  const receipt = await findReceipt(tenant.id);
  if (!receipt) throw new Error('no receipt');
  expect(verifyReceipt(receipt)).toBe(true);
  return receipt;
}

/** Takes the mail with the receipt out of the outbox, as sending it does, and answers the receipt in it. */
async function takeMailedReceipt(tenant: TestTenant): Promise<unknown> {
  const mails = await pool('platform')
    .db.delete(mailOutbox)
    .where(eq(mailOutbox.toAddress, tenant.admin.email))
    .returning();
  expect(mails).toHaveLength(1);
  return JSON.parse(mails[0]?.text.split('\n').find((line) => line.startsWith('{')) ?? 'null');
}

describe('eraseDueTenants', () => {
  test('erases everything of the tenant, and leaves a signed receipt', async () => {
    const full = await fullTenant();
    const { tenant, slug } = full;
    await makeDue(tenant, slug);
    const begun = Date.now();
    expect(await eraseDueTenants()).toEqual([tenant.id]);
    const receipt = await receiptOf(tenant);
    expect(await takeMailedReceipt(tenant)).toEqual(receipt);
    await expectGone(full);

    expect(receipt.row_counts).toMatchObject(expectedCounts);
    for (const [table, rows] of Object.entries(receipt.row_counts))
      if (!(table in expectedCounts)) expect([table, rows]).toEqual([table, 0]);
    expect(receipt.slug_hash).toBe(hashSlug(slug));
    expect(Date.parse(receipt.erased_at)).toBeGreaterThanOrEqual(begun - 1_000);
    expect(Date.parse(receipt.requested_at)).toBeLessThanOrEqual(Date.parse(receipt.erased_at));

    expect(await eraseDueTenants()).toEqual([]);
  });

  test('touches nothing of a tenant that is active, still has days, or was kept', async () => {
    const [active, waiting, kept] = await Promise.all([makeTenant(), makeTenant(), makeTenant()]);
    await requestDeletion(waiting.admin.ctx, { slug: waiting.slug });
    await requestDeletion(kept.admin.ctx, { slug: kept.slug });
    await cancelDeletion(kept.admin.ctx);
    expect(await eraseDueTenants()).toEqual([]);
    for (const tenant of [active, waiting, kept]) {
      await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'x' }]);
      expect(await findReceipt(tenant.id)).toBeNull();
    }
  });

  test('goes on where it was cut off, after whichever step, and tells the same numbers', async () => {
    const first = await fullTenant();
    await makeDue(first.tenant, first.slug);
    const steps: string[] = [];
    await eraseDueTenants((step) => void steps.push(step));
    expect(steps).toEqual(
      expect.arrayContaining(['count', 'detach traces', 'drop traces', 'drop schema', 'finish']),
    );
    const { row_counts } = await receiptOf(first.tenant);

    for (const [index, step] of steps.slice(0, -1).entries()) {
      const full = await fullTenant();
      await makeDue(full.tenant, full.slug);
      let done = 0;
      const cut = await eraseDueTenants(() => {
        if (++done > index) throw new Error('killed');
      });
      expect([step, cut, await findReceipt(full.tenant.id)]).toEqual([step, [], null]);
      await expect(cancelDeletion(full.tenant.admin.ctx)).rejects.toMatchObject({ code: 'conflict' });
      expect([step, await eraseDueTenants()]).toEqual([step, [full.tenant.id]]);
      expect([step, (await receiptOf(full.tenant)).row_counts]).toEqual([step, row_counts]);
      await takeMailedReceipt(full.tenant);
      expect([step, await tablesWith(full.tenant.id)]).toEqual([step, ['erasure_receipts']]);
    }
  }, 300_000); // each table is a step, and each step an erasure

  test('is done once by several at the same time', async () => {
    const full = await fullTenant();
    await makeDue(full.tenant, full.slug);
    const runs = await Promise.all([eraseDueTenants(), eraseDueTenants(), eraseDueTenants()]);
    expect(runs.flat()).toEqual([full.tenant.id]);
    await takeMailedReceipt(full.tenant);
    await expectGone(full);
  });

  test('keeps operators, and people who have come to belong elsewhere meanwhile', async () => {
    const tenant = await makeTenant();
    const [operator, mover] = await Promise.all([makePerson(tenant, 'viewer'), makePerson(tenant, 'viewer')]);
    await withOwner((db) => db.update(users).set({ isOperator: true }).where(eq(users.id, operator.userId)));
    await makeDue(tenant, tenant.slug);
    await eraseDueTenants(async (step) => {
      if (step === 'drop schema')
        await withOwner((db) => addMember(db, bystander.ctx, { userId: mover.userId, role: 'viewer' }));
    });
    expect((await receiptOf(tenant)).row_counts).toMatchObject({ memberships: 3, users: 1 });
    for (const { token } of [operator, mover]) expect(await readSession(token)).not.toBeNull();
  });

  test('lets a failing tenant not hold up the others', async () => {
    const [bad, good] = [await makeTenant(), await makeTenant()];
    for (const tenant of [bad, good]) await makeDue(tenant, tenant.slug);
    let failed = false;
    const erased = await eraseDueTenants((step) => {
      if (step === 'count' && !failed) {
        failed = true;
        throw new Error('the first one fails');
      }
    });
    expect(erased).toEqual([good.id]);
    expect(await eraseDueTenants()).toEqual([bad.id]);
  });
});

describe('an erasure beside the work of other tenants', () => {
  /** Whether any session waits for a lock. */
  const isAnybodyWaiting = async () => {
    const [row] = await pool('owner').sql<{ n: number }[]>`
      select count(*)::int as n from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and application_name like 'ragtoolkit app%'`;
    return (row?.n ?? 0) > 0;
  };

  test('blocks no reader and no writer, also while it waits for one of them', async () => {
    const tenant = await makeTenant();
    await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'a' }]);
    await makeDue(tenant, tenant.slug);

    // A transaction on a new connection that writes to another tenant's partition: to learn what the partition may
    // hold, it locks the parent too, and the detach waits for its end.
    const writer = connect(loginUrl('app', database.url));
    let release = () => {};
    const held = writer
      .begin(async (tx) => {
        await tx.unsafe(
          `set local app.tenant_id = '${bystander.id}'; set local search_path = ${schemaOf(bystander)}, public`,
        );
        await tx`insert into traces (tenant_id, trace_id, byte_size) values (${bystander.id}, 'open', 1)`;
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        throw new Error('rolled back');
      })
      .catch(() => {});
    await poll(async () => {
      const [row] = await pool('owner').sql`
        select 1 from pg_locks where relation = 'all_tenants.traces'::regclass and granted`;
      return row !== undefined;
    });

    const erasure = eraseDueTenants();
    await poll(isDetaching, 10_000, 'the detach');
    const slow: number[] = [];
    const until = Date.now() + 1_500;
    while (Date.now() < until) {
      const started = performance.now();
      await ingestTraces(bystander.firstKey.ctx, [{ traceId: `w-${unique()}` }]);
      await withTenant(bystander.ctx, (db) => db.select({ id: traces.traceId }).from(traces));
      slow.push(performance.now() - started);
      expect(await isAnybodyWaiting()).toBe(false);
    }
    expect(Math.max(...slow)).toBeLessThan(1_000);
    // Sign-ups attach partitions to the same parents.
    await makeTenant();
    release();
    await held;
    await writer.end();
    // The wait may have left the detach pending; then this or the next sweep finishes it.
    await erasure;
    await poll(
      async () => {
        await eraseDueTenants();
        return findReceipt(tenant.id);
      },
      20_000,
      'the erasure',
    );
    await withOwner((db) =>
      db.execute(sql.raw(`delete from ${schemaOf(bystander)}.traces where trace_id <> 'mine'`)),
    );
  });

  test('finishes a detach that was cut off in the middle, of whichever tenant', async () => {
    const [one, two] = [await makeTenant(), await makeTenant()];
    const owner = connect(loginUrl('owner', database.url));
    const holder = connect(loginUrl('owner', database.url));
    let release = () => {};
    const held = holder.begin(async (tx) => {
      await tx`lock table all_tenants.traces in access share mode`;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    });
    await poll(async () => {
      const [row] =
        await owner`select 1 from pg_locks where relation = 'all_tenants.traces'::regclass and granted`;
      return row !== undefined;
    });
    await owner`set lock_timeout = 50`;
    await expect(
      owner.unsafe(`alter table all_tenants.traces detach partition ${schemaOf(two)}.traces concurrently`),
    ).rejects.toMatchObject({ code: '55P03' });
    release();
    await held;
    const pending = () => owner`select 1 from pg_inherits where inhdetachpending`;
    expect(await pending()).toHaveLength(1);

    for (const tenant of [one, two]) await makeDue(tenant, tenant.slug);
    expect((await eraseDueTenants()).sort()).toEqual([one.id, two.id].sort());
    expect(await pending()).toHaveLength(0);
    for (const tenant of [one, two]) {
      await takeMailedReceipt(tenant);
      expect(await tablesWith(tenant.id)).toEqual(['erasure_receipts']);
    }
    await Promise.all([owner.end(), holder.end()]);
  });

  const schemaOf = (tenant: TestTenant) => tenantSchemaName(toTenantId(tenant.id));

  async function isDetaching(): Promise<boolean> {
    const [row] = await pool('owner').sql<{ n: number }[]>`
      select (select count(*) from pg_stat_activity where datname = current_database()
          and application_name = 'ragtoolkit erasure' and query ilike '%detach%' and wait_event_type = 'Lock')::int
        + (select count(*) from pg_inherits where inhdetachpending)::int as n`;
    return (row?.n ?? 0) > 0;
  }
});
