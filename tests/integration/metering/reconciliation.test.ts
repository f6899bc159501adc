import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sweepMetering } from '@/lib/metering/mutations';
import { toHour } from '@/lib/metering/rules';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { deleteTraces } from '@/lib/traces/mutations';
import { registerUsageProvider } from '@/lib/usage/provider';
import { reconcile, resolveFinding, runMetering } from '@/lib/workflows/metering-reconciliation/mutations';
import { listFindings } from '@/lib/workflows/metering-reconciliation/queries';
import { makePerson, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { connectAsOwner, HOUR, platform, recordsOf, settle, tick } from './support';

const owner = connectAsOwner();
afterAll(() => owner.end());

const hoursAgo = (hours: number) => new Date(toHour(new Date()).getTime() - hours * HOUR);
const check = (of: TestTenant) => reconcile(platform, { trigger: 'operator', only: [of.id] });
const findingsOf = async (of: TestTenant) =>
  (await listFindings(platform))
    .filter(({ tenantId }) => tenantId === of.id)
    .map(({ check, metric, hour, expected, found }) => ({ check, metric, hour, expected, found }));
const receive = (of: TestTenant, at: Date, ids: readonly string[]) =>
  ingestTraces(
    of.ctx,
    ids.map((traceId) => ({ traceId, receivedAt: at })),
  );
const mailsTo = (address: string) =>
  owner`select subject, text from mail_outbox where to_address = ${address}`;

/** An operator, as their credentials make one. */
const operator = {
  operator: { kind: 'operator-key', id: '00000000-0000-4000-8000-000000000001', name: 'test' },
  requestId: 'test',
} as const;
const auditOf = (action: string, id: string) =>
  owner`select action, reason from platform_audit where action = ${action} and target_id = ${id}`;

let tenant: TestTenant;
let ids: string[];
beforeEach(async () => {
  tenant = await makeTenant();
  // The traces of the hours since then are counted.
  await owner`update tenants set created_at = ${hoursAgo(10)} where id = ${tenant.id}`;
  ids = [unique(), unique(), unique()];
  await receive(tenant, hoursAgo(3), ids);
});
afterEach(() => registerUsageProvider(undefined));

describe('reconcile', () => {
  test('finds nothing where all is right, deleted traces included', async () => {
    await deleteTraces(tenant.ctx, ids.slice(0, 1));
    const run = await check(tenant);
    expect(run).toMatchObject({ kind: 'reconciliation', tenants: 1, revisions: 0, errors: 0 });
    expect(await findingsOf(tenant)).toEqual([]);
  });

  test('finds a record that is not what its deltas and traces say, tells it, and corrects nothing', async () => {
    const operator = await makePerson(tenant, null);
    await owner`update users set is_operator = true where id = ${operator.userId}`;
    await settle(tenant, new Date());
    await owner`update usage_records set value = 5 where tenant_id = ${tenant.id} and metric = 'trace.count'`;
    expect((await check(tenant)).revisions).toBe(3);
    const hour = hoursAgo(3).toISOString();
    const found = await findingsOf(tenant);
    expect(found).toHaveLength(3);
    expect(found).toEqual(
      expect.arrayContaining([
        { check: 'records', metric: 'trace.count', hour, expected: 3, found: 5 },
        { check: 'traces', metric: 'trace.count', hour, expected: 3, found: 5 },
        { check: 'outbox', metric: 'trace.count', hour, expected: 5, found: 3 },
      ]),
    );
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hour, 5]]);
    await check(tenant);
    const mails = await mailsTo(operator.email);
    expect(mails.filter(({ text }) => (text as string).includes(tenant.slug))).toHaveLength(1);
    await owner`update users set is_operator = false where id = ${operator.userId}`;

    await owner`update usage_records set value = 3 where tenant_id = ${tenant.id} and metric = 'trace.count'`;
    await check(tenant);
    expect(await findingsOf(tenant)).toEqual([]);
  });

  test('finds traces that were stored and not counted', async () => {
    await owner`insert into all_tenants.traces (tenant_id, trace_id, byte_size, received_at) values (${tenant.id}, ${unique()}, 0, ${hoursAgo(4)})`;
    await check(tenant);
    const hour = hoursAgo(4).toISOString();
    expect(await findingsOf(tenant)).toEqual([
      { check: 'traces', metric: 'trace.count', hour, expected: 1, found: 0 },
    ]);
  });

  test('counts what has committed late, and takes it for no difference', async () => {
    await tick([tenant], new Date());
    await receive(tenant, hoursAgo(3), [unique()]);
    expect(await check(tenant)).toMatchObject({ revisions: 0 });
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 4]]);
  });

  test('finds who is a member without a seat', async () => {
    await owner`delete from membership_intervals where tenant_id = ${tenant.id}`;
    await owner`delete from usage_records where tenant_id = ${tenant.id}`;
    await check(tenant);
    expect(await findingsOf(tenant)).toContainEqual(
      expect.objectContaining({ check: 'seats', metric: 'seat.count', expected: 1, found: 0 }),
    );
  });

  test('sets the level of storage right, and says so', async () => {
    await owner`insert into usage_deltas (tenant_id, project, storage_bytes) values (${tenant.id}, '', 77)`;
    await check(tenant);
    const [finding] = await findingsOf(tenant);
    expect(finding).toMatchObject({ check: 'storage', metric: 'storage.bytes' });
    expect((finding?.found ?? 0) - (finding?.expected ?? 0)).toBe(77);
    const [sum] = await owner`
      select sum(storage_bytes)::int as bytes, count(*) filter (where commits = 0)::int as corrections from usage_deltas where tenant_id = ${tenant.id}`;
    expect(sum).toEqual({ bytes: finding?.expected, corrections: 1 });
    await check(tenant);
    expect(await findingsOf(tenant)).toEqual([]);
  });

  test('compares what was delivered with what the payment provider counts, once it has had the time', async () => {
    registerUsageProvider(async (id, metric) =>
      id === tenant.id && metric === 'trace.count' ? [{ hour: hoursAgo(3), value: 2 }] : null,
    );
    await check(tenant);
    expect(await findingsOf(tenant)).toEqual([]);
    await owner`update usage_outbox set delivered_at = now() where tenant_id = ${tenant.id}`;
    await check(tenant);
    expect(await findingsOf(tenant)).toEqual([]);
    await owner`update usage_outbox set delivered_at = now() - interval '2 hours' where tenant_id = ${tenant.id}`;
    await check(tenant);
    const hour = hoursAgo(3).toISOString();
    expect(await findingsOf(tenant)).toEqual([
      { check: 'provider', metric: 'trace.count', hour, expected: 3, found: 2 },
    ]);
  });

  test('goes on when a tenant cannot be checked', async () => {
    registerUsageProvider(async (id) => {
      if (id === tenant.id) throw new Error('the provider is away');
      return null;
    });
    const other = await makeTenant();
    const run = await reconcile(platform, { trigger: 'operator', only: [tenant.id, other.id] });
    expect(run).toMatchObject({ tenants: 2, errors: 1, failures: [{ tenant_id: tenant.id }] });
  });

  test('leaves what an operator has dealt with alone', async () => {
    await settle(tenant, new Date());
    await owner`insert into usage_records (tenant_id, metric, hour, value) values (${tenant.id}, 'tokens.in', ${hoursAgo(3)}, 9)`;
    await check(tenant);
    const [finding] = (await listFindings(platform)).filter(({ tenantId }) => tenantId === tenant.id);
    await resolveFinding(operator, { tenantId: tenant.id, id: finding?.id ?? '', reason: 'known' });
    expect(await findingsOf(tenant)).toEqual([]);
    expect(await auditOf('metering.resolve', tenant.id)).toEqual([
      { action: 'metering.resolve', reason: 'known' },
    ]);
    await expect(
      resolveFinding(operator, { tenantId: tenant.id, id: finding?.id ?? '', reason: 'known' }),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('is for the system and operators', async () => {
    const person = { actor: tenant.admin.ctx.actor, requestId: 'test' } as never;
    await expect(reconcile(person, { trigger: 'operator' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(listFindings(person)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(resolveFinding(person, { tenantId: tenant.id, id: '1', reason: 'x' })).rejects.toMatchObject(
      {
        code: 'forbidden',
      },
    );
  });
});

describe('runMetering', () => {
  test('closes what is due at once, and is in the operators’ log', async () => {
    const run = await runMetering(operator, { tenantId: tenant.id });
    expect(run).toMatchObject({ kind: 'tick', trigger: 'operator' });
    expect(await recordsOf(tenant, 'trace.count')).toEqual([[hoursAgo(3).toISOString(), 3]]);
    expect(await auditOf('metering.run', run.id)).toHaveLength(1);
  });

  test('is for operators', async () => {
    await expect(runMetering({ ...tenant.admin.ctx } as never, {})).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('sweepMetering', () => {
  test('sums up old deltas by hour, key and project, and changes no number', async () => {
    const old = new Date(hoursAgo(0).getTime() - 50 * 24 * HOUR);
    const key = unique();
    for (const [minutes, project] of [
      [1, 'a'],
      [2, 'a'],
      [3, 'b'],
      [59, 'a'],
      [61, 'a'],
    ] as const)
      await owner`insert into usage_deltas (tenant_id, recorded_at, project, trace_count, tokens_in, storage_bytes, api_requests, evaluation_count)
        values (${tenant.id}, ${new Date(old.getTime() + minutes * 60_000)}, ${project + key}, 2, 3, 4, 5, 6)`;
    await tick([tenant], new Date());
    const sums = async () =>
      owner`select date_trunc('hour', recorded_at) as hour, project, sum(trace_count)::int as t, sum(tokens_in)::int as i, sum(storage_bytes)::int as b,
        sum(api_requests)::int as r, sum(evaluation_count)::int as e, sum(commits)::int as c from usage_deltas where tenant_id = ${tenant.id} group by 1, 2 order by 1, 2`;
    const before = await sums();
    await sweepMetering();
    expect([...(await sums())]).toEqual([...before]);
    const [rows] =
      await owner`select count(*)::int as n from usage_deltas where tenant_id = ${tenant.id} and recorded_at < now() - interval '40 days'`;
    expect(rows?.n).toBe(3);
    const run = await tick([tenant], new Date());
    expect(run?.revisions).toBe(0);
  });
});
