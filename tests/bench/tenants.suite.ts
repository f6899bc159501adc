import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '@/db/migrate';
import { env } from '@/lib/env';
import { count, median, ms, percentile, ratio, timed } from './measure';
import type { BenchTools } from './suite';
import { countLocks, readCatalogue } from './tenants/catalogue';
import { applyBehindTransaction, applyBesideWriters, besideWriters, type Change } from './tenants/changes';
import { measureLatency, operations } from './tenants/latency';
import { type Memory, measurePlain, measureTenants } from './tenants/memory';
import { fill, makePlainTable, makeTenant, ROWS_PER_TENANT } from './tenants/world';

export const name = 'tenants';

/** So many provisionings make a median. */
const SAMPLE = 20;
const OPEN_MS = 5_000;
const NEW_TABLE = `
  CREATE TABLE all_tenants.bench (tenant_id uuid NOT NULL, id uuid NOT NULL, note text, PRIMARY KEY (tenant_id, id))
    PARTITION BY LIST (tenant_id);
  SELECT all_tenants.protect_tenant_table('all_tenants.bench');
  SELECT all_tenants.add_partition(id, 'all_tenants.bench') FROM tenants;`;

/** What many tenants in one database cost: `npm run bench -- tenants [how many, 1000 unless told]`. */
export async function run({ report, args }: BenchTools): Promise<void> {
  const total = Math.max(SAMPLE + 2, Number(args[0] ?? 1_000));
  await migrate({ adminUrl: env().databaseUrl, folder: path.resolve('db/migrations') });
  const tenants = [await makeTenant()];
  await fill();

  report.progress('changing the schema with 1 tenant');
  const one = await changeSchema(tenants, 'one');
  const before = await readCatalogue();

  report.progress(`provisioning ${count(total)} tenants`);
  const provisioned: number[] = [];
  while (tenants.length < total) provisioned.push(await timed(async () => tenants.push(await makeTenant())));
  const after = await readCatalogue();
  await fill();

  report.progress(`changing the schema with ${count(total)} tenants`);
  const quiet = await besideWriters(tenants, () => sleep(3_000));
  const many = await changeSchema(tenants, 'many');
  const behind = await applyBehindTransaction(
    tenants,
    'ALTER TABLE all_tenants.traces ADD COLUMN bench_behind text',
    OPEN_MS,
  );
  const table = await applyBesideWriters(tenants, NEW_TABLE);
  const locks = {
    column: await countLocks('ALTER TABLE all_tenants.traces ADD COLUMN bench_locks text'),
    table: await countLocks(NEW_TABLE.replaceAll('all_tenants.bench', 'all_tenants.bench_locks')),
  };

  report.progress('measuring memory and latency');
  await makePlainTable();
  const counts = [1, ...(total > 100 ? [100] : []), total];
  const memory = await measureTenants(tenants, counts);
  const plain = await measurePlain(tenants);
  const latency = await measureLatency(tenants);

  const first = median(provisioned.slice(0, SAMPLE));
  const last = median(provisioned.slice(-SAMPLE));
  report.table(
    [`provisioning a tenant (median of ${SAMPLE})`, 'time', 'ratio'],
    [
      [`after 1 tenant`, ms(first), ratio(1, 1)],
      [`up to ${count(total)} tenants`, ms(last), ratio(last, first)],
    ],
  );
  const changed = (label: string, tenantCount: number, change: Change, baseline: Change) => [
    label,
    count(tenantCount),
    ms(change.ms),
    ratio(change.ms, baseline.ms),
    ms(change.longest),
    ms(change.p99),
    count(change.writes),
  ];
  report.table(
    ['changing the schema while others write', 'tenants', 'time', 'ratio', 'longest wait', 'p99', 'writes'],
    [
      ['nothing changes', count(total), '–', '–', ms(quiet.longest), ms(quiet.p99), count(quiet.writes)],
      changed('a column', 1, one.column, one.column),
      changed('a column', total, many.column, one.column),
      changed(`a column, a transaction open for ${OPEN_MS / 1000} s`, total, behind, one.column),
      changed('an index', 1, one.index, one.index),
      changed('an index', total, many.index, one.index),
      changed('a right, each tenant', 1, one.each, one.each),
      changed('a right, each tenant', total, many.each, one.each),
      changed('a table', total, table, table),
    ],
  );
  report.note(`Times are those of whole runs of db:migrate; ${ROWS_PER_TENANT} rows per tenant.`);

  const baseline = plain?.own ?? Number.NaN;
  const mb = (label: string, found: Memory) => [
    label,
    found ? `${found.own.toFixed(1)} MB` : '–',
    found ? ratio(found.own, baseline) : '–',
    found ? `${found.pss.toFixed(1)} MB` : '–',
  ];
  report.table(
    ['memory of one connection after', 'its own', 'ratio', 'PSS'],
    [
      mb('the plain table', plain),
      ...memory.map((found, index) =>
        mb(`${count(counts[index] ?? 0)} ${counts[index] === 1 ? 'tenant' : 'tenants'}`, found),
      ),
    ],
  );

  report.table(
    [`latency with ${count(total)} tenants`, 'p50', 'ratio', 'p99', 'ratio'],
    operations.flatMap((operation) => {
      const ways = latency[operation];
      const row = (label: string, values: number[]) => {
        const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
        const [base50, base99] = [percentile(ways.transaction, 0.5), percentile(ways.transaction, 0.99)];
        return [`${operation}, ${label}`, ms(p50), ratio(p50, base50), ms(p99), ratio(p99, base99)];
      };
      return [
        row('plain table in a transaction', ways.transaction),
        row('plain table, one statement', ways.statement),
        row('withTenant', ways.tenant),
      ];
    }),
  );

  report.table(
    ['bookkeeping', '1 tenant', `${count(total)} tenants`, 'per tenant'],
    [
      [
        'relations',
        count(before.relations),
        count(after.relations),
        ((after.relations - before.relations) / (total - 1)).toFixed(1),
      ],
      [
        'system catalogues',
        `${before.catalogueMb.toFixed(0)} MB`,
        `${after.catalogueMb.toFixed(0)} MB`,
        `${(((after.catalogueMb - before.catalogueMb) * 1024) / (total - 1)).toFixed(0)} kB`,
      ],
      ['locks to add a column', '', count(locks.column), (locks.column / total).toFixed(1)],
      ['locks to add a table', '', count(locks.table), (locks.table / total).toFixed(1)],
      ['room in the lock table', '', count(after.lockTable), ''],
    ],
  );
}

async function changeSchema(
  tenants: readonly string[],
  suffix: string,
): Promise<Record<'column' | 'index' | 'each', Change>> {
  const column = `bench_${suffix}`;
  return {
    column: await applyBesideWriters(tenants, `ALTER TABLE all_tenants.traces ADD COLUMN ${column} text;`),
    index: await applyBesideWriters(
      tenants,
      `-- ragtoolkit: concurrently\nCREATE INDEX ${column} ON all_tenants.traces (tenant_id, project, received_at DESC);`,
    ),
    each: await applyBesideWriters(
      tenants,
      `-- ragtoolkit: each tenant\nGRANT UPDATE (${column}) ON {schema}.traces TO ragtoolkit_app;`,
    ),
  };
}
