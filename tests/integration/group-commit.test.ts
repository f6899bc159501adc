import { ne, sql } from 'drizzle-orm';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { deliveries, deliveryRefusals } from '@/db/schema/deliveries';
import { traces } from '@/db/schema/traces';
import { usageDeltas } from '@/db/schema/usage';
import { withTenant } from '@/db/tenant';
import { env } from '@/lib/env';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { deleteTraces, sweepTombstones } from '@/lib/traces/mutations';
import { flushRefused, noteRefused } from '@/lib/usage/refusals';
import { connect } from '@/tests/support/databases';
import { makeKey, makeTenant, type TestTenant, unique } from '@/tests/support/factories';
import { poll } from '@/tests/support/poll';

let tenant: TestTenant;
beforeEach(async () => {
  tenant = await makeTenant();
});

const send = (ids: string[], of = tenant.firstKey, fields = {}) =>
  ingestTraces(
    of.ctx,
    ids.map((traceId) => ({ traceId, ...fields })),
  );
const rows = () => withTenant(tenant.ctx, (db) => db.select().from(traces).orderBy(traces.traceId));
/** Of traces: those of memberships name no project. */
const meter = () =>
  withTenant(tenant.ctx, (db) =>
    db.select().from(usageDeltas).where(ne(usageDeltas.project, '')).orderBy(usageDeltas.id),
  );

/** The ledger by key: its columns in their order. */
async function ledger(): Promise<Record<string, number[]>> {
  await flushRefused();
  const found = await withTenant(tenant.ctx, (db) => db.select().from(deliveries));
  return Object.fromEntries(
    found.map(({ keyId, received, stored, updated, refused }) => [
      keyId,
      [received, stored, updated, refused],
    ]),
  );
}

const refusals = () =>
  withTenant(tenant.ctx, (db) => db.select().from(deliveryRefusals).orderBy(deliveryRefusals.id));

/** Holds the tenant's rows of one id locked while `work` runs, so that what is sent meanwhile gathers. */
async function whileLocked(traceId: string, work: () => Promise<unknown>[]): Promise<unknown[]> {
  await send([traceId]);
  const holder = connect(env().databaseUrl);
  const watcher = connect(env().databaseUrl);
  const reserved = await holder.reserve();
  try {
    const [{ pid: reservedPid } = { pid: 0 }] = await reserved<
      { pid: number }[]
    >`select pg_backend_pid() as pid`;
    await reserved.unsafe('begin');
    await reserved.unsafe(
      `select from all_tenants.traces where tenant_id = '${tenant.id}' and trace_id = '${traceId}' for update`,
    );
    const first = send([traceId]);
    await poll(
      async () =>
        (
          await watcher`select from pg_locks l join pg_stat_activity a using (pid)
      where not l.granted and a.datname = current_database() and ${reservedPid} = any (pg_blocking_pids(a.pid))`
        ).length > 0,
    );
    const others = work();
    await reserved.unsafe('commit');
    return await Promise.all([first, ...others]);
  } finally {
    reserved.release();
    await Promise.all([holder.end(), watcher.end()]);
  }
}

describe('requests that come while a transaction is under way', () => {
  test('share the next one, with one delta for each key and project, and every request counted', async () => {
    const other = await makeKey(tenant);
    await whileLocked('held', () => [
      send(['a'], tenant.firstKey, { project: 'p', tokensIn: 1 }),
      send(['b'], other, { project: 'p', tokensIn: 10 }),
      send(['c', 'd'], tenant.firstKey, { project: 'p', tokensIn: 100 }),
      send(['e'], other, { project: 'q' }),
    ]);
    const deltas = (await meter()).slice(2).map(({ keyId, project, traceCount, tokensIn, apiRequests }) => ({
      keyId,
      project,
      traceCount,
      tokensIn,
      apiRequests,
    }));
    expect(deltas).toEqual([
      { keyId: tenant.firstKey.keyId, project: 'p', traceCount: 3, tokensIn: 201, apiRequests: 2 },
      { keyId: other.keyId, project: 'p', traceCount: 1, tokensIn: 10, apiRequests: 2 },
      { keyId: other.keyId, project: 'q', traceCount: 1, tokensIn: 0, apiRequests: 0 },
    ]);
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [5, 4, 1, 0], [other.keyId]: [2, 2, 0, 0] });
  });

  test('tell the first of several that send one new trace that it made it, and merge the others', async () => {
    const other = await makeKey(tenant);
    const [, first, second] = await whileLocked('held', () => [
      send(['same'], tenant.firstKey, { question: 'q', answer: 'old' }),
      send(['same'], other, { answer: 'new' }),
    ]);
    expect([first, second]).toEqual([
      [{ traceId: 'same', status: 'created' }],
      [{ traceId: 'same', status: 'updated' }],
    ]);
    expect((await rows()).at(-1)).toMatchObject({
      question: 'q',
      answer: 'new',
      keyId: tenant.firstKey.keyId,
    });
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [3, 2, 1, 0], [other.keyId]: [1, 0, 1, 0] });
  });
});

describe('the delivery ledger', () => {
  test('counts a trace that stands twice in a request as sent twice', async () => {
    await send(['a', 'b', 'a', 'a']);
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [4, 2, 2, 0] });
  });

  test('has no line for people and the system', async () => {
    await ingestTraces(tenant.admin.ctx, [{ traceId: 'a' }]);
    await ingestTraces(tenant.ctx, [{ traceId: 'b' }]);
    noteRefused(tenant.admin.ctx, { code: 'invalid_input', issues: [] });
    expect(await ledger()).toEqual({});
  });

  test('cannot hold counts that do not add up', async () => {
    await expect(
      withTenant(tenant.ctx, (db) =>
        db.insert(deliveries).values({
          ...{ tenantId: tenant.id, hour: new Date(), keyId: tenant.firstKey.keyId, writer: 0 },
          ...{ received: 3, stored: 1, updated: 1, refused: 0 },
        }),
      ),
    ).rejects.toMatchObject({ cause: { constraint_name: 'deliveries_add_up' } });
  });

  test('keeps the last hundred refusals of a key, and counts them all', async () => {
    const other = await makeKey(tenant);
    for (let i = 0; i < 130; i++)
      noteRefused(tenant.firstKey.ctx, { code: 'invalid_input', issues: [] }, [`t${i}`]);
    noteRefused(other.ctx, { code: 'payload_too_large', issues: [] });
    await flushRefused();
    for (let i = 130; i < 140; i++)
      noteRefused(
        tenant.firstKey.ctx,
        { code: 'invalid_input', issues: [{ path: 'p'.repeat(9_000), message: 'm' }] },
        [`t${i}`],
      );
    expect(await ledger()).toEqual({
      [tenant.firstKey.keyId]: [140, 0, 0, 140],
      [other.keyId]: [1, 0, 0, 1],
    });
    const kept = await refusals();
    const own = kept.filter(({ keyId }) => keyId === tenant.firstKey.keyId);
    expect(own.map(({ traceId }) => traceId)).toEqual(Array.from({ length: 100 }, (_, i) => `t${i + 40}`));
    expect(own.at(-1)?.issues[0]?.path).toHaveLength(300);
    expect(kept.filter(({ keyId }) => keyId === other.keyId)).toMatchObject([
      { traceId: null, code: 'payload_too_large', requestId: 'test' },
    ]);
  });
});

describe('a deleted trace', () => {
  test('is neither stored nor billed again by a late retry, and says so', async () => {
    await send(['a', 'b'], tenant.firstKey, { tokensIn: 5 });
    expect(await deleteTraces(tenant.firstKey.ctx, ['a', 'nothing'])).toEqual(['a']);
    const [noted] = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`select action, target_id, actor_id from audit_log order by id desc limit 1`),
    );
    expect(noted).toEqual({ action: 'trace.delete', target_id: 'a', actor_id: tenant.firstKey.keyId });
    const billed = (await meter()).length;
    expect(await send(['a', 'c'])).toEqual([
      {
        traceId: 'a',
        status: 'refused',
        refusal: {
          code: 'conflict',
          issues: [{ path: 'trace_id', message: expect.stringContaining('48 hours') }],
        },
      },
      { traceId: 'c', status: 'created' },
    ]);
    expect((await rows()).map(({ traceId }) => traceId)).toEqual(['b', 'c']);
    expect((await meter()).slice(billed)).toMatchObject([{ traceCount: 1, apiRequests: 1 }]);
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [4, 3, 0, 1] });
    expect(await refusals()).toMatchObject([{ traceId: 'a', code: 'conflict' }]);
  });

  test('stays away where the retry and the deletion come at the same time', async () => {
    for (let i = 0; i < 10; i++) {
      await send(['race']);
      const [deleted] = await Promise.all([
        deleteTraces(tenant.firstKey.ctx, ['race']),
        send(['race']),
        send(['race']),
      ]);
      expect(deleted).toEqual(['race']);
      expect(await rows()).toEqual([]);
      await withTenant(tenant.ctx, (db) =>
        db.execute(
          sql`update trace_tombstones set deleted_at = deleted_at - interval '3 days' where tenant_id = ${tenant.id}`,
        ),
      );
    }
    const sum = (await meter()).reduce((all, delta) => all + delta.storageBytes, 0);
    expect(sum).toBe(0);
  });

  test('may come back after two days, when its id is forgotten', async () => {
    await send(['a']);
    await deleteTraces(tenant.firstKey.ctx, ['a']);
    await withTenant(tenant.ctx, (db) =>
      db.execute(
        sql`update trace_tombstones set deleted_at = now() - interval '49 hours' where tenant_id = ${tenant.id}`,
      ),
    );
    expect(await send(['a'])).toEqual([{ traceId: 'a', status: 'created' }]);
    await sweepTombstones();
    const left = await withTenant(tenant.ctx, (db) => db.execute(sql`select from trace_tombstones`));
    expect(left).toHaveLength(0);
  });

  test('takes its storage, evaluations and feedback with it', async () => {
    await send(['a', 'b'], tenant.firstKey, { answer: 'x'.repeat(1_000) });
    await withTenant(tenant.ctx, async (db) => {
      for (const id of ['a', 'b']) {
        await db.execute(
          sql`insert into evaluations (tenant_id, trace_id, id, score_type, score) values (${tenant.id}, ${id}, 'e', 'x', 1)`,
        );
        await db.execute(
          sql`insert into feedback (tenant_id, trace_id, id, thumbs) values (${tenant.id}, ${id}, 'f', 'up')`,
        );
      }
    });
    await deleteTraces(tenant.firstKey.ctx, ['a']);
    const left = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`select trace_id from evaluations union all select trace_id from feedback`),
    );
    expect(left.map(({ trace_id }) => trace_id)).toEqual(['b', 'b']);
    const [b] = await rows();
    expect((await meter()).reduce((all, delta) => all + delta.storageBytes, 0)).toBe(b?.byteSize);
  });

  test('of another tenant stays', async () => {
    const other = await makeTenant();
    await ingestTraces(other.firstKey.ctx, [{ traceId: 'theirs' }]);
    expect(await deleteTraces(tenant.firstKey.ctx, ['theirs', 'nul\u0000'])).toEqual([]);
    expect(await ingestTraces(other.firstKey.ctx, [{ traceId: 'theirs' }])).toMatchObject([
      { status: 'updated' },
    ]);
  });
});

describe('a row that the database refuses', () => {
  const poison = `poison-${unique()}`;
  // What the meter refuses comes after the rows are in: the last thing that can go wrong before the commit.
  beforeAll(async () => {
    const { sql: owner } = pool('owner');
    await owner.unsafe(
      `alter table usage_deltas add constraint test_group_poison check (project <> '${poison}') not valid`,
    );
    return async () => {
      await owner.unsafe('alter table usage_deltas drop constraint test_group_poison');
    };
  });

  test('is refused alone, among many requests that share its transaction', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `t${String(i).padStart(2, '0')}`);
    const results = await Promise.all(
      ids.map((id, i) => send([id], tenant.firstKey, { project: i === 13 ? poison : 'fine' })),
    );
    expect(results.flat().filter(({ status }) => status === 'created')).toHaveLength(19);
    expect(results[13]).toMatchObject([
      { traceId: 't13', status: 'refused', refusal: { code: 'invalid_input' } },
    ]);
    expect((await rows()).map(({ traceId }) => traceId)).toEqual(ids.filter((id) => id !== 't13'));
    const billed = (await meter()).reduce(
      (all, { traceCount, apiRequests }) => ({
        traces: all.traces + traceCount,
        requests: all.requests + apiRequests,
      }),
      { traces: 0, requests: 0 },
    );
    expect(billed).toEqual({ traces: 19, requests: 19 });
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [20, 19, 0, 1] });
  });

  test('is found in the middle of a batch, whose request is counted once', async () => {
    const batch = Array.from({ length: 50 }, (_, i) => ({
      traceId: `t${i}`,
      project: i % 20 === 7 ? poison : 'fine',
    }));
    const results = await ingestTraces(tenant.firstKey.ctx, batch, [
      { traceId: 'earlier', code: 'invalid_input', issues: [] },
    ]);
    expect(results.filter(({ status }) => status === 'refused').map(({ traceId }) => traceId)).toEqual([
      't27',
      't47',
      't7',
    ]);
    expect(await rows()).toHaveLength(47);
    expect((await meter()).reduce((all, { apiRequests }) => all + apiRequests, 0)).toBe(1);
    expect(await ledger()).toEqual({ [tenant.firstKey.keyId]: [51, 47, 0, 4] });
    expect((await refusals()).map(({ traceId }) => traceId).sort()).toEqual(['earlier', 't27', 't47', 't7']);
  });
});
