import path from 'node:path';
import { sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { migrate } from '@/db/migrate';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import type { OperatorContext } from '@/lib/tenancy/context';
import { getPlatformHealth } from '@/lib/workflows/platform-health/queries';
import { exportTenants, listTenants, listTenantsFrom } from '@/lib/workflows/tenant-directory/queries';
import { type TenantFilter, tenantFlags } from '@/lib/workflows/tenant-directory/schema';
import { count, median, ms, percentile, timed } from './measure';
import type { BenchTools } from './suite';

export const name = 'admin';

const TENANTS = 10_000;
/** Rows of two months: what metering leaves of a tenant that sends by day, by hour, key and project. */
const DELTAS_PER_TENANT = 200;
const DELTAS_AT_ONCE = 10;
const RUNS = 20;
/** What the list is to keep to, in milliseconds. */
const TARGET = 300;

const ctx: OperatorContext = {
  operator: { kind: 'operator-key', id: 'bench', name: 'bench' },
  requestId: 'bench',
};

/** What the operator's list costs with 10,000 tenants: `npm run bench -- admin [how many]`. */
export async function run({ report, args }: BenchTools): Promise<void> {
  const total = Number(args[0] ?? TENANTS);
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  report.progress(`making ${count(total)} tenants with a month of use`);
  await fill(total);

  const rows: string[][] = [];
  const measure = async (label: string, work: () => Promise<unknown>) => {
    report.progress(`measuring ${label}`);
    await work(); // plans and caches are there
    const times: number[] = [];
    for (let n = 0; n < RUNS; n++) times.push(await timed(work));
    const worst = percentile(times, 0.95);
    rows.push([label, ms(median(times)), ms(worst), worst <= TARGET ? 'yes' : 'no']);
  };
  const list = (filter: TenantFilter) => () => listTenants(ctx, filter);
  await measure('the first page', list({}));
  await measure('the last page, by number', () => listTenantsFrom(ctx, { skip: total - 50, limit: 50 }));
  await measure('by a word in name, address or member', list({ q: 'person-77' }));
  await measure('by a word that nobody has', list({ q: 'nothing like it' }));
  await measure('by plan and status', list({ plan: 'pro', status: 'suspended' }));
  for (const flag of Object.keys(tenantFlags) as (keyof typeof tenantFlags)[])
    await measure(`what is the matter: ${flag}`, list({ flag }));
  await measure('health', () => getPlatformHealth(ctx));
  report.table(['of 10,000 tenants', 'median', 'p95', `within ${TARGET} ms`], rows);

  const csv = await timed(async () => {
    const { body } = await exportTenants(ctx, {});
    await new Response(body).arrayBuffer();
  });
  report.note(`\nAll ${count(total)} tenants as CSV took ${ms(csv)}.`);
}

/** Rows as tenants leave them, without schemas of their own: the list reads none of what is in them. */
async function fill(total: number): Promise<void> {
  await withPlatform(async (db) => {
    await db.execute(sql`
      insert into tenants (id, slug, name, status, plan, created_at)
      select gen_random_uuid(), 'bench-' || n, 'Bench ' || n,
        case when n % 50 = 0 then 'suspended' else 'active' end,
        case when n % 10 = 0 then 'pro' when n % 97 = 0 then 'enterprise' else 'starter' end,
        now() - make_interval(hours => n)
      from generate_series(1, ${total}) n`);
    await db.execute(sql`
      insert into users (id, email, name) select gen_random_uuid(), 'person-' || n || '@example.com', 'Person ' || n
      from generate_series(1, ${total}) n`);
    await db.execute(sql`
      insert into memberships (tenant_id, user_id, role, last_active_at)
      select t.id, u.id, 'admin', now() - random() * interval '60 days'
      from (select id, row_number() over (order by slug) as n from tenants) t
        join (select id, row_number() over (order by email) as n from users) u on u.n in (t.n, t.n % ${total} + 1)`);
    await db.execute(sql`
      insert into request_hours (tenant_id, hour, key_id, admitted, limited)
      select t.id, date_trunc('hour', now()) - make_interval(hours => h), gen_random_uuid(), 100, case when t.n % 20 = 0 then 3 else 0 end
      from (select id, row_number() over (order by slug) as n from tenants) t, generate_series(0, 47) h`);
    await db.execute(sql`
      insert into request_slots (tenant_id, slot, key_id, admitted, limited)
      select id, date_bin('10 seconds', now(), 'epoch') - make_interval(secs => s * 10), gen_random_uuid(), 10, 0
      from tenants, generate_series(0, 29) s`);
  });
  for (let from = 1; from <= DELTAS_PER_TENANT; from += DELTAS_AT_ONCE) await fillUsage(from);
  for (const table of ['tenants', 'users', 'memberships', 'usage_deltas', 'request_hours', 'request_slots'])
    await analyze(table);
}

/** In portions: no statement may take longer than half a minute. Every third tenant has sent nothing for two months. */
async function fillUsage(from: number): Promise<void> {
  await withPlatform((db) =>
    db.execute(sql`
      insert into usage_deltas (tenant_id, project, trace_count, recorded_at)
      select t.id, 'default', 5, now() - make_interval(hours => h * 3 + case when t.n % 3 = 0 then 1500 else 0 end)
      from (select id, row_number() over (order by slug) as n from tenants) t,
        generate_series(${from}::int, ${from + DELTAS_AT_ONCE - 1}::int) h`),
  );
}

/** As autovacuum would, some time after so many rows came. */
async function analyze(table: string): Promise<void> {
  await pool('owner').sql.unsafe(`analyze ${table}`);
}
