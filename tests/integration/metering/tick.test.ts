import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { usageMeters, usageOutbox, usageRecords } from '@/db/schema/metering';
import { runTick } from '@/lib/metering/mutations';
import { getMeteringState } from '@/lib/metering/queries';
import { identifierOf, toHour } from '@/lib/metering/rules';
import { suspendTenant } from '@/lib/tenants/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { connectAsOwner, HOUR, platform, recordsOf, settle, tick } from './support';

const owner = connectAsOwner();
afterAll(() => owner.end());

/** The beginning of the hour, so many hours ago. */
const hoursAgo = (hours: number) => new Date(toHour(new Date()).getTime() - hours * HOUR);
const past = (hour: Date, minutes: number) => new Date(hour.getTime() + HOUR + minutes * 60_000);

/** Stores traces in the past, as the system may. */
const receive = (of: TestTenant, at: Date, count: number) =>
  ingestTraces(
    of.ctx,
    Array.from({ length: count }, () => ({
      traceId: unique() + unique(),
      tokensIn: 2,
      tokensOut: 3,
      receivedAt: at,
    })),
  );
const outboxOf = (of: TestTenant) =>
  pool('platform')
    .db.select()
    .from(usageOutbox)
    .where(eq(usageOutbox.tenantId, of.id))
    .orderBy(usageOutbox.id);
const meterOf = async (of: TestTenant) => {
  const [meter] = await pool('platform').db.select().from(usageMeters).where(eq(usageMeters.tenantId, of.id));
  return meter;
};

describe('runTick', () => {
  test('closes every hour that ended five minutes ago, and no other', async () => {
    const tenant = await makeTenant();
    const first = hoursAgo(5);
    await receive(tenant, new Date(first.getTime() + 1), 3);
    await receive(tenant, new Date(first.getTime() + HOUR - 1), 2);
    await receive(tenant, new Date(first.getTime() + 2 * HOUR), 4);
    await tick([tenant], past(first, 4.99));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([]);
    await tick([tenant], past(first, 5));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[first.toISOString(), 5]]);
    const run = await tick([tenant], past(hoursAgo(2), 5));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([
      [first.toISOString(), 5],
      [hoursAgo(3).toISOString(), 4],
    ]);
    expect(await recordsOf(tenant, 'tokens.in')).toEqual([
      [first.toISOString(), 10],
      [hoursAgo(3).toISOString(), 8],
    ]);
    expect(run).toMatchObject({ tenants: 1, hours: 3, traces: 4, errors: 0, revisions: 0 });
    expect((await meterOf(tenant))?.closedUntil).toEqual(hoursAgo(1));
  });

  test('reports each record once, under an identifier that says what it is', async () => {
    const tenant = await makeTenant();
    const hour = hoursAgo(3);
    await receive(tenant, hour, 7);
    await Promise.all([tick([tenant], past(hour, 6)), tick([tenant], past(hour, 6))]);
    await tick([tenant], past(hour, 7));
    const reports = await outboxOf(tenant);
    expect(reports.map(({ identifier, delta, revision }) => ({ identifier, delta, revision }))).toEqual([
      { identifier: identifierOf('trace.count', tenant.id, hour, 1), delta: 7, revision: 1 },
    ]);
  });

  test('makes a revision of what commits after its hour is closed, and reports the difference', async () => {
    const tenant = await makeTenant();
    const hour = hoursAgo(3);
    await receive(tenant, hour, 1);
    const late = await owner.reserve();
    await late`begin`;
    await late`insert into usage_deltas (tenant_id, recorded_at, project, trace_count, storage_bytes)
      values (${tenant.id}, ${new Date(hour.getTime() + HOUR - 1)}, 'default', 10, 100)`;
    await tick([tenant], past(hour, 5));
    await tick([tenant], past(hour, 65));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hour.toISOString(), 1]]);
    await receive(tenant, hour, 2);
    await tick([tenant], past(hour, 66));
    await late`commit`;
    late.release();
    const run = await tick([tenant], past(hour, 67));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hour.toISOString(), 13]]);
    expect(run?.revisions).toBeGreaterThan(0);
    expect((await outboxOf(tenant)).map(({ delta, revision }) => [delta, revision])).toEqual([
      [1, 1],
      [2, 2],
      [10, 3],
    ]);
    const [before, behind] = await recordsOf(tenant, 'storage.bytes');
    expect(behind?.[1]).toBe(before?.[1]);
  });

  test('looks no more at what is settled', async () => {
    const tenant = await makeTenant();
    await receive(tenant, hoursAgo(3), 1);
    await settle(tenant, past(hoursAgo(2), 5));
    // Nobody else writes there: a tick that looked again would set it right.
    await owner`update usage_records set value = 9 where tenant_id = ${tenant.id} and metric = 'trace.count'`;
    await tick([tenant], past(hoursAgo(1), 5));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 9]]);
  });

  test('takes what an older cluster counted for settled, after a restore', async () => {
    const tenant = await makeTenant();
    await receive(tenant, hoursAgo(3), 1);
    await tick([tenant], past(hoursAgo(3), 5));
    await owner`update usage_meters set seen_until = 9000000000000000 where tenant_id = ${tenant.id}`;
    await tick([tenant], past(hoursAgo(2), 5));
    const meter = await meterOf(tenant);
    expect(meter?.settledId).toBeGreaterThan(0n);
    expect(meter?.seenUntil).toBeLessThan(9_000_000_000_000_000n);
  });

  test('counts the most people who were members at the same time in the hour', async () => {
    const tenant = await makeTenant();
    const hour = hoursAgo(4);
    const at = (minutes: number) => new Date(hour.getTime() + minutes * 60_000);
    await owner`delete from membership_intervals where tenant_id = ${tenant.id}`;
    const member = (from: Date, to: Date | null) =>
      owner`insert into membership_intervals (tenant_id, user_id, began_at, ended_at)
        values (${tenant.id}, gen_random_uuid(), ${from}, ${to})`;
    await member(at(-60), null);
    await member(at(10), at(20));
    await member(at(20), at(30));
    await member(at(29), at(70));
    await member(at(40), at(40));
    await receive(tenant, at(-60), 1);
    await tick([tenant], past(hoursAgo(2), 5));
    expect(await recordsOf(tenant, 'seat.count')).toEqual([
      [at(-60).toISOString(), 1],
      [at(0).toISOString(), 3],
      [at(60).toISOString(), 2],
      [at(120).toISOString(), 1],
    ]);
  });

  test('keeps the level of storage over hours in which nothing happens, and lowers it by what is deleted', async () => {
    const tenant = await makeTenant();
    const hour = hoursAgo(4);
    const delta = (at: Date, bytes: number) =>
      owner`insert into usage_deltas (tenant_id, recorded_at, project, storage_bytes) values (${tenant.id}, ${at}, '', ${bytes})`;
    await delta(hour, 500);
    await delta(new Date(hour.getTime() + 2 * HOUR), -200);
    await tick([tenant], past(hoursAgo(2), 5));
    const values = async () => (await recordsOf(tenant, 'storage.bytes')).map(([, value]) => value);
    expect(await values()).toEqual([500, 500, 300]);
    // What comes late shifts every level after it.
    await delta(new Date(hour.getTime() + HOUR), 50);
    await tick([tenant], past(hoursAgo(1), 5));
    expect(await values()).toEqual([500, 550, 350, 350]);
  });

  test('closes the hours of a suspended tenant too', async () => {
    const tenant = await makeTenant();
    await receive(tenant, hoursAgo(3), 2);
    await suspendTenant(platform, { tenantId: tenant.id, reason: 'test' });
    await tick([tenant], past(hoursAgo(3), 5));
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 2]]);
  });

  test('refuses anybody but the system and operators', async () => {
    const tenant = await makeTenant();
    const person = { actor: tenant.admin.ctx.actor, requestId: 'test' } as never;
    await expect(runTick(person, { trigger: 'operator' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(getMeteringState(person)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('leaves nothing behind by timer when there is nothing to close', async () => {
    const tenant = await makeTenant();
    await tick([tenant], new Date());
    expect(await runTick(platform, { trigger: 'timer', only: [tenant.id] })).toBeNull();
  });
});

describe('a tenant that fails', () => {
  let bad: TestTenant;
  let good: TestTenant[];
  beforeAll(async () => {
    bad = await makeTenant();
    good = [await makeTenant(), await makeTenant(), await makeTenant()];
    for (const tenant of [bad, ...good]) await receive(tenant, hoursAgo(3), 2);
    await owner.unsafe(
      `alter table usage_records add constraint test_tick_poison check (tenant_id <> '${bad.id}') not valid`,
    );
  });
  afterAll(() => owner.unsafe('alter table usage_records drop constraint if exists test_tick_poison'));

  test('holds up no other, is seen, and is caught up with', async () => {
    const all = [good[0], bad, good[1], good[2]].filter((tenant) => tenant !== undefined);
    const run = await tick(all, past(hoursAgo(2), 5));
    expect(run).toMatchObject({ tenants: 4, tenants_total: 4, errors: 1 });
    expect(run?.failures).toEqual([
      { tenant_id: bad.id, message: expect.stringContaining('test_tick_poison') },
    ]);
    for (const tenant of good)
      expect(await recordsOf(tenant, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 2]]);
    const state = await getMeteringState(platform);
    expect(state.failing.find(({ tenantId }) => tenantId === bad.id)).toMatchObject({
      slug: bad.slug,
      failures: 1,
    });
    // By timer it waits a while; who asks is served at once.
    expect(
      await runTick(platform, { trigger: 'timer', only: [bad.id], now: past(hoursAgo(2), 6) }),
    ).toBeNull();
    expect(await tick([bad], past(hoursAgo(2), 6))).toMatchObject({ errors: 1 });

    await owner.unsafe('alter table usage_records drop constraint test_tick_poison');
    await tick([bad], past(hoursAgo(2), 7));
    expect(await recordsOf(bad, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 2]]);
    expect(await meterOf(bad)).toMatchObject({ failures: 0, error: null });
  });
});

describe('seats', () => {
  test('are taken and freed with the membership', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'viewer');
    const open = async () =>
      (
        await owner`select user_id as id from membership_intervals where tenant_id = ${tenant.id} and ended_at is null`
      ).map((row) => row.id as string);
    expect((await open()).sort()).toEqual([tenant.admin.userId, person.userId].sort());
    const { removeMember } = await import('@/lib/workflows/removal/mutations');
    await removeMember(tenant.admin.ctx, { userId: person.userId });
    expect(await open()).toEqual([tenant.admin.userId]);
    const rows = await pool('platform').db.execute(sql`
      select 1 from membership_intervals where tenant_id = ${tenant.id} and user_id = ${person.userId} and ended_at >= began_at`);
    expect(rows).toHaveLength(1);
  });
});

describe('records', () => {
  test('are of whole hours', async () => {
    const tenant = await makeTenant();
    const insert = pool('platform')
      .db.insert(usageRecords)
      .values({
        tenantId: tenant.id,
        metric: 'trace.count',
        hour: new Date('2026-01-01T00:00:01Z'),
        value: 1,
      });
    await expect(insert).rejects.toThrow();
  });
});
