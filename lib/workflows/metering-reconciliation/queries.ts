import { and, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { meteringFindings } from '@/db/schema/metering';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { authorizePlatform } from '@/lib/auth/authorize';
import { namedOperators } from '@/lib/auth/operators';
import { type HourValue, recountHours } from '@/lib/metering/queries';
import { HOUR_MS, isMetric, type Span } from '@/lib/metering/rules';
import { type CheckName, checks, type MetricId, metricIds, metrics } from '@/lib/metering/schema';
import type { PlatformActor } from '@/lib/tenancy/context';
import { type ProviderHour, readProviderUsage } from '@/lib/usage/provider';
import { type Difference, differences } from './rules';

const BILLED = metricIds.filter((id) => metrics[id].billed === 'usage');
/** What was delivered later than this the provider may not have added up yet. */
const PROVIDER_LAG = sql.raw(`interval '1 hour'`);

/** A difference that is not resolved, as the operator sees it. Times are ISO 8601 in UTC. */
export type Finding = {
  id: string;
  tenantId: string;
  slug: string;
  check: CheckName;
  metric: MetricId;
  hour: string;
  expected: number;
  found: number;
  firstSeenAt: string;
  lastSeenAt: string;
};

/** Every difference that is not resolved, the newest first, at most 500. Throws AppError `forbidden` for anybody else. */
export async function listFindings(by: PlatformActor): Promise<Finding[]> {
  authorizePlatform(by);
  const rows = await pool('platform')
    .db.select({ finding: meteringFindings, slug: tenants.slug })
    .from(meteringFindings)
    .innerJoin(tenants, eq(tenants.id, meteringFindings.tenantId))
    .where(isNull(meteringFindings.resolvedAt))
    .orderBy(sql`${meteringFindings.lastSeenAt} desc, ${meteringFindings.id} desc`)
    .limit(500);
  return rows.flatMap(({ finding, slug }) => {
    const { id, tenantId, checkName, metric, hour, expected, found, firstSeenAt, lastSeenAt } = finding;
    return isMetric(metric) && Object.hasOwn(checks, checkName)
      ? [
          {
            ...{ id: String(id), tenantId, slug, check: checkName as CheckName, metric, expected, found },
            hour: hour.toISOString(),
            firstSeenAt: firstSeenAt.toISOString(),
            lastSeenAt: lastSeenAt.toISOString(),
          },
        ]
      : [];
  });
}

/** Where mails for the operators go: to those who are made one, and to those whom the environment names and who are known. */
export async function listOperatorAddresses(db: Db): Promise<string[]> {
  const isNamed = and(inArray(users.email, namedOperators()), isNotNull(users.emailVerifiedAt));
  const rows = await db
    .select({ email: users.email })
    .from(users)
    .where(or(eq(users.isOperator, true), isNamed))
    .orderBy(users.email);
  return rows.map((row) => row.email);
}

/** The records of an hour against its deltas, its traces and its reports, inside the caller's transaction of the tenant. */
export async function compareRecords(
  db: Db,
  tenantId: string,
  span: Span,
  createdAt: Date,
): Promise<Difference[]> {
  const tracesFrom = await countedFrom(db, tenantId, createdAt);
  const records = await readRecords(db, tenantId, span);
  const counted = await recountHours(db, tenantId, span);
  const traces = await countTraces(db, tenantId, {
    start: new Date(Math.max(tracesFrom.getTime(), span.start.getTime())),
    end: span.end,
  });
  const ofTraces = records.filter(({ metric, hour }) => metric === 'trace.count' && hour >= tracesFrom);
  const billed = records.filter(({ metric }) => BILLED.includes(metric));
  return [
    ...differences('records', counted, records),
    ...differences('traces', traces, ofTraces),
    ...differences('outbox', billed, await sumReports(db, tenantId, span)),
  ];
}

/**
 * The first whole hour whose traces can be counted: what was loaded from another installation, or from the predecessor, came
 * with times of before, and not as what is billed. The ids of deleted traces are kept for two days from their deletion on.
 */
async function countedFrom(db: Db, tenantId: string, createdAt: Date): Promise<Date> {
  const [row] = await db.execute<{ at: string }>(sql`
    select greatest(now() - interval '47 hours', (
      select max(coalesce(finished_at, now())) from legacy_imports where tenant_id = ${tenantId}))::text as at`);
  const loaded = row ? new Date(row.at).getTime() : 0;
  return new Date(Math.ceil(Math.max(loaded, createdAt.getTime()) / HOUR_MS) * HOUR_MS);
}

async function readRecords(db: Db, tenantId: string, { start, end }: Span): Promise<HourValue[]> {
  const rows = await db.execute<{ metric: MetricId; hour: string; value: string }>(sql`
    select metric, hour::text, value::text from usage_records where tenant_id = ${tenantId}
      and metric in (select json_array_elements_text(${JSON.stringify(metricIds)}::text::json))
      and hour >= ${start.toISOString()}::timestamptz and hour < ${end.toISOString()}::timestamptz`);
  return rows.map(toHourValue);
}

/** Traces by the hour in which they were received: those that are there, and those that were deleted since. */
async function countTraces(db: Db, tenantId: string, { start, end }: Span): Promise<HourValue[]> {
  if (start >= end) return [];
  const within = sql`tenant_id = ${tenantId} and received_at >= ${start.toISOString()}::timestamptz
    and received_at < ${end.toISOString()}::timestamptz`;
  const rows = await db.execute<{ metric: MetricId; hour: string; value: string }>(sql`
    select 'trace.count' as metric, date_trunc('hour', received_at, 'UTC')::text as hour, count(*)::text as value from (
      select received_at from traces where ${within}
      union all select received_at from trace_tombstones where ${within}) as received group by 2`);
  return rows.map(toHourValue);
}

/** What was put into the outbox for each hour, delivered or not. */
async function sumReports(db: Db, tenantId: string, { start, end }: Span): Promise<HourValue[]> {
  const rows = await db.execute<{ metric: MetricId; hour: string; value: string }>(sql`
    select metric, hour::text, sum(delta)::text as value from usage_outbox where tenant_id = ${tenantId}
      and hour >= ${start.toISOString()}::timestamptz and hour < ${end.toISOString()}::timestamptz group by 1, 2`);
  return rows.map(toHourValue);
}

function toHourValue({ metric, hour, value }: { metric: MetricId; hour: string; value: string }): HourValue {
  return { metric, hour: new Date(hour), value: Number(value) };
}

/**
 * What was delivered to the payment provider against what it counts. Hours of which something was delivered just now, or
 * waits to be, are left out: it adds up later. Throws what the provider does.
 */
export async function compareProvider(tenantId: string, { start, end }: Span): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const metric of BILLED) {
    const told = await readProviderUsage(tenantId, metric, { start, end });
    if (told === null) continue;
    const rows = await pool('platform').db.execute<{
      metric: MetricId;
      hour: string;
      value: string;
      late: boolean;
    }>(sql`
      select metric, hour::text, coalesce(sum(delta) filter (where delivered_at is not null), 0)::text as value,
          bool_or(coalesce(delivered_at > now() - ${PROVIDER_LAG}, true)) as late
        from usage_outbox where tenant_id = ${tenantId} and metric = ${metric}
          and hour >= ${start.toISOString()}::timestamptz and hour < ${end.toISOString()}::timestamptz group by 1, 2`);
    const late = new Set(rows.filter((row) => row.late).map((row) => new Date(row.hour).getTime()));
    const isSettled = ({ hour }: { hour: Date }) => !late.has(hour.getTime());
    const toMetric = (one: ProviderHour): HourValue => ({ metric, hour: one.hour, value: one.value });
    found.push(
      ...differences(
        'provider',
        rows.map(toHourValue).filter(isSettled),
        told.map(toMetric).filter(isSettled),
      ),
    );
  }
  return found;
}

/** How many people are members, and how many of them the intervals say. They are the same people, or it is a difference. */
export async function compareSeats(db: Db, tenantId: string, hour: Date): Promise<Difference[]> {
  const [row] = await db.execute<{ members: number; seated: number }>(sql`
    select (select count(*) from memberships where tenant_id = ${tenantId})::int as members,
      (select count(*) from membership_intervals i join memberships m using (tenant_id, user_id)
        where i.tenant_id = ${tenantId} and i.ended_at is null)::int
      - (select count(*) from membership_intervals i where i.tenant_id = ${tenantId} and i.ended_at is null and not exists
        (select from memberships m where m.tenant_id = i.tenant_id and m.user_id = i.user_id))::int as seated`);
  return !row || row.members === row.seated
    ? []
    : [{ check: 'seats', metric: 'seat.count', hour, expected: row.members, found: row.seated }];
}

/** The bytes of the rows that are there, and what the meter says, at one moment; inside the caller's transaction. */
export async function compareStorage(db: Db, tenantId: string, hour: Date): Promise<Difference[]> {
  const [row] = await db.execute<{ rows: string; meter: string }>(sql`
    select (
        (select coalesce(sum(byte_size), 0) from traces where tenant_id = ${tenantId})
        + (select coalesce(sum(byte_size), 0) from spans where tenant_id = ${tenantId})
        + (select coalesce(sum(byte_size), 0) from evaluations where tenant_id = ${tenantId})
        + (select coalesce(sum(byte_size), 0) from feedback where tenant_id = ${tenantId}))::text as rows,
      (select coalesce(sum(storage_bytes), 0) from usage_deltas where tenant_id = ${tenantId})::text as meter`);
  return !row || row.rows === row.meter
    ? []
    : [
        {
          check: 'storage',
          metric: 'storage.bytes',
          hour,
          expected: Number(row.rows),
          found: Number(row.meter),
        },
      ];
}
