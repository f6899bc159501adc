import fc from 'fast-check';
import type postgres from 'postgres';
import { afterAll, describe, expect, test } from 'vitest';
import { AppError } from '@/lib/errors';
import { newId } from '@/lib/ids';
import { runTick } from '@/lib/metering/mutations';
import { identifierOf, toHour } from '@/lib/metering/rules';
import { type MetricId, metricIds, metrics } from '@/lib/metering/schema';
import { reactivateTenant, suspendTenant } from '@/lib/tenants/mutations';
import { ingestTraces } from '@/lib/trace-ingest/mutations';
import { deleteTraces } from '@/lib/traces/mutations';
import { cancelDeletion, requestDeletion } from '@/lib/workflows/deletion/mutations';
import { makePerson, makeTenant, type TestTenant } from '@/tests/support/factories';
import { connectAsOwner, HOUR, platform } from './support';

const owner = connectAsOwner();
afterAll(() => owner.end());

const MINUTE = 60_000;
const IDS = 12;

/**
 * What may happen, in any order. Time is the test's own: it begins five days ago and only `wait` moves it. The system stores
 * traces at that time; a key's are received at the database's, which is later than all of it.
 */
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      ids: fc.array(fc.nat(IDS - 1), { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('postByKey' as const),
      ids: fc.array(fc.nat(IDS - 1), { minLength: 1, maxLength: 4 }),
      skewDays: fc.integer({ min: -400, max: 400 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: fc.nat(IDS - 1) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('beginLate' as const), traces: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('endLate' as const), commit: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      minutes: fc.constantFrom(1, 4, 20, 59, 61, 180, 3 * 24 * 60),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      killAt: fc.option(fc.nat(12)),
      twice: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const), back: fc.boolean() }) },
  // Closed, with what was under way still coming in; kept again, maybe, before it is erased.
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('closeForDeletion' as const), back: fc.boolean() }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

class Killed extends Error {}

/** What cannot be done to a workspace in the state that it is in leaves it there. */
async function unlessConflict(done: Promise<unknown>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!(error instanceof AppError && error.code === 'conflict')) throw error;
  });
}

/** A world of one tenant, with what is true of it kept beside the database. */
async function makeWorld() {
  const tenant = await makeTenant();
  let clock = toHour(new Date()).getTime() - 5 * 24 * HOUR + 7 * MINUTE;
  /** In which hour each trace was first received: deleting it takes nothing away. */
  const counted = new Map<string, number>();
  const traceIds = Array.from({ length: IDS }, () => newId());
  /** Ids that were deleted are not taken again within two days, as the database's clock has it: never here. */
  const deleted = new Set<string>();
  const late: { sql: postgres.ReservedSql; ids: string[]; hour: number }[] = [];
  const identifiers = new Map<string, string>();
  const count = (id: string, at: number) => {
    if (!deleted.has(id) && !counted.has(id)) counted.set(id, toHour(new Date(at)).getTime());
  };

  const run = {
    async post({ ids }: Extract<Operation, { kind: 'post' }>) {
      const at = new Date(clock);
      const sent = ids.map((id) => ({
        traceId: traceIds[id] ?? '',
        answer: 'x'.repeat(id * 10),
        tokensIn: id,
        tokensOut: 1,
        receivedAt: at,
      }));
      await ingestTraces(tenant.ctx, sent);
      for (const { traceId } of sent) count(traceId, clock);
    },
    async postByKey({ ids, skewDays }: Extract<Operation, { kind: 'postByKey' }>) {
      const startedAt = new Date(Date.now() + skewDays * 24 * HOUR);
      const sent = ids.map((id) => ({ traceId: traceIds[id] ?? '', startedAt, question: 'y'.repeat(id) }));
      await ingestTraces(tenant.firstKey.ctx, sent);
      const rows = await owner`
        select trace_id, received_at from all_tenants.traces where tenant_id = ${tenant.id} and trace_id in ${owner(sent.map(({ traceId }) => traceId))}`;
      for (const row of rows) count(row.trace_id, (row.received_at as Date).getTime());
    },
    async delete({ id }: Extract<Operation, { kind: 'delete' }>) {
      const traceId = traceIds[id] ?? '';
      for (const gone of await deleteTraces(tenant.ctx, [traceId])) deleted.add(gone);
    },
    /** A transaction that stores traces and stays open: what a slow client, or a slow disk, makes of one. */
    async beginLate({ traces }: Extract<Operation, { kind: 'beginLate' }>) {
      if (late.length >= 3) return;
      const sql = await owner.reserve();
      const ids = Array.from({ length: traces }, () => newId());
      const at = new Date(clock);
      await sql`begin`;
      for (const id of ids)
        await sql`insert into all_tenants.traces (tenant_id, trace_id, byte_size, received_at) values (${tenant.id}, ${id}, 11, ${at})`;
      await sql`insert into usage_deltas (tenant_id, recorded_at, project, trace_count, tokens_in, storage_bytes)
        values (${tenant.id}, ${at}, 'late', ${traces}, ${traces * 5}, ${traces * 11})`;
      late.push({ sql, ids, hour: clock });
    },
    async endLate({ commit }: Extract<Operation, { kind: 'endLate' }>) {
      const open = late.shift();
      if (!open) return;
      await open.sql.unsafe(commit ? 'commit' : 'rollback');
      open.sql.release();
      if (commit) for (const id of open.ids) count(id, open.hour);
    },
    async wait({ minutes }: Extract<Operation, { kind: 'wait' }>) {
      clock = Math.min(clock + minutes * MINUTE, Date.now() - 2 * HOUR);
    },
    async tick({ killAt, twice }: Extract<Operation, { kind: 'tick' }>) {
      let step = 0;
      const onStep = () => {
        if (step++ === killAt) throw new Killed();
      };
      const ticks = [
        runTick(platform, {
          trigger: 'operator',
          now: new Date(clock),
          only: [tenant.id],
          ...(killAt === null ? {} : { onStep }),
        }),
      ];
      if (twice)
        ticks.push(runTick(platform, { trigger: 'operator', now: new Date(clock), only: [tenant.id] }));
      for (const end of await Promise.allSettled(ticks)) {
        if (end.status === 'fulfilled') expect(end.value?.errors).toBe(0);
        else expect((end.reason as Error).cause).toBeInstanceOf(Killed);
      }
      // A report keeps what it says, whatever comes later.
      const reports =
        await owner`select identifier, delta, metric, hour, revision from usage_outbox where tenant_id = ${tenant.id}`;
      for (const { identifier, delta, metric, hour, revision } of reports) {
        expect(identifier).toBe(
          identifierOf(metric as MetricId, tenant.id, hour as Date, revision as number),
        );
        expect(identifiers.get(identifier) ?? String(delta)).toBe(String(delta));
        identifiers.set(identifier, String(delta));
      }
    },
    async join() {
      await makePerson(tenant, 'viewer');
    },
    async suspend({ back }: Extract<Operation, { kind: 'suspend' }>) {
      const act = back ? reactivateTenant : suspendTenant;
      await unlessConflict(act(platform, { tenantId: tenant.id, reason: 'test' }));
    },
    async closeForDeletion({ back }: Extract<Operation, { kind: 'closeForDeletion' }>) {
      const { ctx } = tenant.admin;
      await unlessConflict(back ? cancelDeletion(ctx) : requestDeletion(ctx, { slug: tenant.slug }));
    },
  };

  return {
    tenant,
    counted,
    do: (op: Operation) => run[op.kind](op as never),
    /** Ends what is open, and closes every hour up to the database's present. */
    async settle() {
      while (late.length > 0) await run.endLate({ kind: 'endLate', commit: late.length % 2 === 0 });
      const now = new Date(Date.now() + 2 * HOUR);
      const tick = () => runTick(platform, { trigger: 'operator', now, only: [tenant.id] });
      await tick();
      await tick();
    },
  };
}

type Row = { metric: MetricId; hour: Date; value: string };

/** What the hours come to when everything is counted again, by other means than the tick's. */
async function truth(tenant: TestTenant): Promise<Map<string, number>> {
  const told = new Map<string, number>();
  const deltas = await owner`select * from usage_deltas where tenant_id = ${tenant.id}`;
  const seats =
    await owner`select began_at, ended_at from membership_intervals where tenant_id = ${tenant.id}`;
  const [meter] = await owner<
    { closed_until: Date }[]
  >`select closed_until from usage_meters where tenant_id = ${tenant.id}`;
  if (!meter) throw new Error('the tenant has no meter');
  const first = Math.min(...deltas.map((row) => toHour(row.recorded_at as Date).getTime()));
  for (let hour = first; hour < meter.closed_until.getTime(); hour += HOUR) {
    const name = (metric: MetricId) => `${new Date(hour).toISOString()} ${metric}`;
    const within = deltas.filter((row) => toHour(row.recorded_at as Date).getTime() === hour);
    const upTo = deltas.filter((row) => (row.recorded_at as Date).getTime() < hour + HOUR);
    for (const metric of metricIds) {
      const { column, kind } = metrics[metric];
      const rows = kind === 'counter' ? within : upTo;
      if (column)
        told.set(
          name(metric),
          rows.reduce((sum, row) => sum + Number(row[column]), 0),
        );
    }
    const moments = [
      hour,
      ...seats.map((row) => (row.began_at as Date).getTime()).filter((at) => at >= hour && at < hour + HOUR),
    ];
    const at = (moment: number) =>
      seats.filter(
        (row) =>
          (row.began_at as Date).getTime() <= moment &&
          (row.ended_at === null || (row.ended_at as Date).getTime() > moment),
      ).length;
    told.set(name('seat.count'), Math.max(...moments.map(at)));
  }
  for (const [name, value] of told) if (value === 0) told.delete(name);
  return told;
}

describe('whatever happens', () => {
  test('each hour’s record is the truth to the unit, and the reports add up to the records', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: 30 }), async (operations) => {
        const world = await makeWorld();
        try {
          for (const op of operations) await world.do(op);
        } finally {
          await world.settle();
        }
        const { tenant } = world;
        const records =
          (await owner`select metric, hour, value from usage_records where tenant_id = ${tenant.id}`) as unknown as Row[];
        const stored = new Map(
          records
            .filter(({ value }) => Number(value) !== 0)
            .map(({ metric, hour, value }) => [`${hour.toISOString()} ${metric}`, Number(value)]),
        );
        expect(Object.fromEntries([...stored].sort())).toEqual(
          Object.fromEntries([...(await truth(tenant))].sort()),
        );

        // Traces: against what was sent, and not what the deltas say of it.
        const perHour: Record<string, number> = {};
        for (const hour of world.counted.values())
          perHour[new Date(hour).toISOString()] = (perHour[new Date(hour).toISOString()] ?? 0) + 1;
        const traces = records.filter(({ metric }) => metric === 'trace.count');
        expect(
          Object.fromEntries(traces.map(({ hour, value }) => [hour.toISOString(), Number(value)])),
        ).toEqual(perHour);

        const reports = (await owner`
          select metric, hour, sum(delta) as value, count(*) = count(distinct identifier) as once from usage_outbox where tenant_id = ${tenant.id} group by 1, 2`) as unknown as (Row & {
          once: boolean;
        })[];
        expect(reports.every(({ once }) => once)).toBe(true);
        expect(
          Object.fromEntries(reports.map(({ hour, value }) => [hour.toISOString(), Number(value)])),
        ).toEqual(perHour);

        const [bytes] = await owner`
          select (select coalesce(sum(byte_size), 0) from all_tenants.traces where tenant_id = ${tenant.id})::text as rows,
            (select value::text from usage_records where tenant_id = ${tenant.id} and metric = 'storage.bytes' order by hour desc limit 1) as level`;
        expect(bytes?.level ?? '0').toBe(bytes?.rows);
      }),
      { numRuns: Number(process.env.FC_RUNS ?? 15), endOnFailure: true },
    );
  });
});
