import { writeFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withOwner, withTenant } from '@/db/tenant';
import { tenantSchemaName, toTenantId } from '@/lib/ids';
import { rollUpHours } from '@/lib/stats/mutations';
import { getOverview } from '@/lib/stats/queries';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { findTrace } from '@/lib/traces/queries';
import { checkLegacy } from '@/lib/workflows/legacy-reconciliation/queries';
import { exitCode, isAccountedFor, toSummary } from '@/lib/workflows/legacy-reconciliation/rules';
import { openLegacySource } from '@/lib/workflows/legacy-source/queries';
import { connect } from '@/tests/support/databases';
import { makeTenant, type TestTenant } from '@/tests/support/factories';
import { bad, good, makePostgres, makeSqlite, type Predecessor } from './predecessor';
import { dump, migrate } from './target';

const total = good.traces + bad.traces.refused + bad.traces.merged;
const zero = { created: 0, updated: 0 };

async function count(tenant: TestTenant, table: string): Promise<number> {
  const [row] = await withTenant(tenant.ctx, (db) =>
    db.execute<{ n: number }>(sql.raw(`select count(*)::int as n from ${table}`)),
  );
  return row?.n ?? 0;
}

describe.each([
  ['SQLite', makeSqlite],
  ['PostgreSQL', makePostgres],
] as const)('a migration from %s', (_kind, make) => {
  let source: Predecessor;
  let other: TestTenant;
  let othersBefore: Awaited<ReturnType<typeof dump>>;
  beforeAll(async () => {
    [source, other] = await Promise.all([make(), makeTenant()]);
    await ingestTraces(other.firstKey.ctx, [{ traceId: 'plain-0', question: 'theirs' }]);
    othersBefore = await dump(other.ctx);
  });
  afterAll(async () => {
    expect(await dump(other.ctx)).toEqual(othersBefore);
    await source.close();
  });

  test('brings every row over or says why not, and a second run changes nothing', async () => {
    const tenant = await makeTenant();
    const first = await migrate(tenant.ctx, source.from);
    expect(first.report.tables.traces).toMatchObject({
      ...{ source: total, target: good.traces, ...bad.traces, missing: 0 },
      counts: { read: total, created: good.traces, updated: 0, unchanged: 0 },
    });
    expect(first.report.tables.evaluations).toMatchObject({
      ...{ target: good.evaluations, ...bad.evaluations, missing: 0 },
    });
    expect(isAccountedFor(first.report)).toBe(true);
    expect(exitCode(first.report, { dryRun: false })).toBe(2);
    expect(await count(tenant, 'traces')).toBe(good.traces);
    expect(await count(tenant, 'evaluations')).toBe(good.evaluations);
    expect(await count(tenant, "audit_log where action = 'legacy-import.start'")).toBe(1);

    const before = await dump(tenant.ctx);
    const second = await migrate(tenant.ctx, source.from);
    expect(await dump(tenant.ctx)).toEqual(before);
    expect(second.report.tables.traces?.counts).toMatchObject({ ...zero, unchanged: good.traces });
    expect(second.report.tables.evaluations?.counts).toMatchObject({ ...zero, unchanged: good.evaluations });
    expect(second.issues).toEqual(first.issues);
    expect(second.report.tables.traces?.targetChecksum).toBe(first.report.tables.traces?.sourceChecksum);
  });

  test('is the same after it was cut off at any batch', async () => {
    const whole = await makeTenant();
    await migrate(whole.ctx, source.from);
    const tenant = await makeTenant();
    for (let batches = 1; ; batches++) {
      let left = 1;
      const onProgress = () => {
        if (left-- === 0) throw new Error('killed');
      };
      const outcome = await migrate(tenant.ctx, source.from, { onProgress }).catch(
        (error: Error) => error.message,
      );
      if (outcome !== 'killed') break;
      expect(batches).toBeLessThan(20);
    }
    const again = await migrate(tenant.ctx, source.from);
    expect(isAccountedFor(again.report)).toBe(true);
    expect(await count(tenant, 'traces')).toBe(good.traces);
    // Rows without a time of their own say when the first migration of their workspace began.
    const timed = ({ traces = [] }: Record<string, string[]>, { id }: TestTenant) =>
      traces.filter((row) => row.includes('"plain-')).map((row) => row.replaceAll(id, ''));
    expect(timed(await dump(tenant.ctx), tenant)).toEqual(timed(await dump(whole.ctx), whole));
  });

  test('says in a dry run what it would do, and does nothing', async () => {
    const tenant = await makeTenant();
    const before = await dump(tenant.ctx);
    const dry = await migrate(tenant.ctx, source.from, { dryRun: true });
    expect(await dump(tenant.ctx)).toEqual(before);
    expect(await count(tenant, 'legacy_imports')).toBe(0);
    const real = await migrate(tenant.ctx, source.from);
    expect(dry.issues).toEqual(real.issues);
    for (const table of ['traces', 'evaluations'] as const) {
      expect(dry.report.tables[table]?.counts).toEqual(real.report.tables[table]?.counts);
      // Rows without any time take the start of the first run, which a dry run cannot know.
      expect(dry.report.tables[table]?.source).toBe(real.report.tables[table]?.source);
    }
    expect(toSummary(dry.report, { dryRun: true })).toContain('dry run: nothing was written');
  });

  test('bills no trace and meters the bytes', async () => {
    const tenant = await makeTenant();
    await migrate(tenant.ctx, source.from);
    const [sums] = await withTenant(tenant.ctx, (db) =>
      db.execute(sql`
        select sum(trace_count)::int as traces, sum(tokens_in)::int as tokens, sum(api_requests)::int as requests,
          sum(evaluation_count)::int as evaluations, sum(storage_bytes)::int =
            (select sum(byte_size)::int from traces) + (select sum(byte_size)::int from evaluations) as "sameBytes"
        from usage_deltas`),
    );
    expect(sums).toEqual({ traces: 0, tokens: 0, requests: 0, evaluations: 0, sameBytes: true });
  });
});

describe('a migrated trace', () => {
  let tenant: TestTenant;
  let source: Predecessor;
  let issues: Awaited<ReturnType<typeof migrate>>['issues'];
  beforeAll(async () => {
    [tenant, source] = await Promise.all([makeTenant(), makeSqlite()]);
    ({ issues } = await migrate(tenant.ctx, source.from));
  });
  afterAll(() => source.close());

  test('says what the predecessor said', async () => {
    expect(await findTrace(tenant.ctx, 'plain-7')).toMatchObject({
      ...{
        question: 'question 7',
        answer: 'answer 7',
        model: 'gpt-4o',
        latencyMs: 107.25,
        project: 'default',
      },
      ...{ startedAt: '2025-03-08T10:07:00.123Z', receivedAt: '2025-03-08T10:07:00.200Z' },
      ...{ updatedAt: '2025-03-08T10:07:00.300Z', userId: 'u1', sessionId: 's1', trafficLight: 'amber' },
      chunks: [{ text: 'chunk 7', source: 'a.md', score: 0.5, metadata: null }],
      scores: { grounding: 0.91, helpfulness: 0.1 + 0.2, safety: 1, overall: 1 / 3 },
    });
  });

  test('leaves out what cannot be taken, and says so', async () => {
    expect(await findTrace(tenant.ctx, 'awkward')).toMatchObject({
      ...{
        question: 'before\uFFFDafter',
        tokensIn: null,
        tokensOut: null,
        latencyMs: null,
        trafficLight: null,
      },
      chunks: [
        { text: 'plain text', score: null },
        { text: 'c', metadata: { doc_id: 'd' } },
        { text: '', score: 0.25 },
      ],
      prompts: ['system: s', 'user: u'],
      metadata: { rate: null, nul: 'a\uFFFDb', big: null },
    });
    const own = issues.filter((issue) => issue.trace_id === 'awkward');
    expect(own.map(({ outcome, field }) => `${field} ${outcome}`)).toEqual(
      expect.arrayContaining([
        ...['tokens_in field refused', 'tokens_out field refused', 'response_latency_ms field refused'],
        ...['traffic_light field refused', 'created_at field refused', 'user_input field altered'],
        ...['retrieval_scores field altered', 'trace_metadata field altered'],
      ]),
    );
    expect(await findTrace(tenant.ctx, 'broken-json')).toMatchObject({
      question: 'q',
      chunks: [],
      metadata: {},
    });
  });

  test('of several with one id is the one that was changed last', async () => {
    expect(await findTrace(tenant.ctx, 'twice')).toMatchObject({ question: 'new' });
    const merged = issues.filter(({ outcome }) => outcome === 'row merged');
    expect(merged.map(({ id }) => id)).toEqual(['1006', '1008']);
    expect(issues.every((issue) => !JSON.stringify(issue).includes('nobody can look this up'))).toBe(true);
  });

  test('counts in the overview of its hour', async () => {
    await rollUpHours(tenant.ctx);
    const overview = await getOverview(tenant.ctx, { period: '30d' }, new Date('2025-03-20T00:00:00Z'));
    expect(overview.totals.traces).toBeGreaterThan(150);
  });
});

describe('a run again', () => {
  test('brings over what is new and what the source has changed, and leaves what the product has', async () => {
    const tenant = await makeTenant();
    await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'plain-3', question: 'sent to us' }]);
    const source = await makePostgres();
    const first = await migrate(tenant.ctx, source.from);
    expect(first.issues).toContainEqual(
      expect.objectContaining({
        trace_id: 'plain-3',
        outcome: 'row refused',
        reason: expect.stringMatching(/question/),
      }),
    );
    await ingestTraces(tenant.firstKey.ctx, [{ traceId: 'plain-5', answer: 'changed by us' }]);

    const sqlSource = connect(source.from);
    await sqlSource`update traces set grounding_score = 0.125, updated_at = now() where trace_id in ('plain-4', 'plain-5')`;
    await sqlSource`insert into traces (id, trace_id, user_input) values (0, 'before all', 'late'), (9999, 'after all', 'late')`;
    await sqlSource.end();
    const second = await migrate(tenant.ctx, source.from);
    expect(second.report.tables.traces?.counts).toMatchObject({ created: 2, updated: 1 });
    expect(isAccountedFor(second.report)).toBe(true);
    expect((await findTrace(tenant.ctx, 'plain-4'))?.scores.grounding).toBe(0.125);
    expect(await findTrace(tenant.ctx, 'plain-5')).toMatchObject({
      answer: 'changed by us',
      scores: { grounding: 0.91 },
    });
    expect(await findTrace(tenant.ctx, 'plain-3')).toMatchObject({ question: 'sent to us' });
    expect(await findTrace(tenant.ctx, 'after all')).toMatchObject({ question: 'late' });

    const [sums] = await withTenant(tenant.ctx, (db) =>
      db.execute(
        sql`select sum(storage_bytes)::int = (select sum(byte_size)::int from traces)
          + (select sum(byte_size)::int from evaluations) as same from usage_deltas`,
      ),
    );
    expect(sums).toEqual({ same: true });
    await source.close();
  });

  test('says that a row is missing that was deleted here meanwhile', async () => {
    const [tenant, source] = await Promise.all([makeTenant(), makeSqlite()]);
    await migrate(tenant.ctx, source.from);
    await withTenant(tenant.ctx, (db) => db.execute(sql`delete from traces where trace_id = 'plain-9'`));
    const open = await openLegacySource(source.from);
    const report = await checkLegacy(tenant.ctx, open, { dryRun: false, exists: true });
    expect(report.tables.traces).toMatchObject({ missing: 1 });
    expect(isAccountedFor(report)).toBe(false);
    expect(exitCode(report, { dryRun: false })).toBe(1);
    await Promise.all([open.close(), source.close()]);
  });

  test('goes on without a row that the database refuses, and says so', async () => {
    const [tenant, source] = await Promise.all([makeTenant(), makeSqlite()]);
    const schema = tenantSchemaName(toTenantId(tenant.id));
    await withOwner((db) =>
      db.execute(
        sql.raw(
          `alter table ${schema}.traces add constraint odd check (question is distinct from 'question 9')`,
        ),
      ),
    );
    const { report, issues } = await migrate(tenant.ctx, source.from);
    expect(report.tables.traces).toMatchObject({ target: good.traces - 1, refused: bad.traces.refused + 1 });
    expect(isAccountedFor(report)).toBe(true);
    expect(issues.find(({ trace_id }) => trace_id === 'plain-9')?.reason).toMatch(/refused it: .*odd.*23514/);
    // For the test that looks at the catalogue of every tenant.
    await withOwner((db) => db.execute(sql.raw(`alter table ${schema}.traces drop constraint odd`)));
    await source.close();
  });
});

describe('a source', () => {
  test('of an old version may lack columns, keys and the other table', async () => {
    const statements = [
      'drop table evaluations',
      'create table old as select trace_id, user_input from traces',
      'drop table traces',
      'alter table old rename to traces',
    ];
    for (const source of [await makeSqlite({ statements }), await makePostgres(statements)]) {
      const tenant = await makeTenant();
      const { report } = await migrate(tenant.ctx, source.from);
      expect(report.tables).toEqual({
        traces: expect.objectContaining({ target: good.traces, missing: 0, ...bad.traces }),
      });
      expect((await migrate(tenant.ctx, source.from)).report.tables.traces?.counts).toMatchObject(zero);
      await source.close();
    }
  });

  test('may name its rows by UUID and order them by that', async () => {
    const source = await makePostgres([
      'alter table traces drop constraint traces_pkey',
      'alter table traces alter id type uuid using gen_random_uuid()',
      'alter table traces add primary key (id)',
    ]);
    const tenant = await makeTenant();
    expect(isAccountedFor((await migrate(tenant.ctx, source.from)).report)).toBe(true);
    await source.close();
  });

  test('may have been written with a write-ahead log that is empty', async () => {
    const source = await makeSqlite({ walHeader: true });
    const open = await openLegacySource(source.from);
    expect(await open.count('traces')).toBe(total);
    await Promise.all([open.close(), source.close()]);
  });

  test('that cannot be read is refused with what to do', async () => {
    const source = await makeSqlite();
    await writeFile(`${source.path}-wal`, 'changes');
    await expect(openLegacySource(source.from)).rejects.toThrow(/wal_checkpoint/);
    await writeFile(source.path, 'something else');
    await writeFile(`${source.path}-wal`, '');
    await expect(openLegacySource(source.from)).rejects.toThrow(/is not a SQLite database/);
    await source.close();
    await expect(openLegacySource(source.from)).rejects.toThrow(/no file/);
    await expect(openLegacySource('postgres://nobody:hidden@127.0.0.1:1/x')).rejects.toThrow(/127.0.0.1:1/);
    await expect(openLegacySource('postgres://nobody:hidden@127.0.0.1:1/x')).rejects.not.toThrow(/hidden/);
    const none = await makePostgres(['drop table traces']);
    await expect(openLegacySource(none.from)).rejects.toThrow(/no table "traces"/);
    await none.close();
  });
});
