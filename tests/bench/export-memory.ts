import '@/tests/support/env';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { closePools } from '@/db/client';
import { migrate } from '@/db/migrate';
import { withTenant } from '@/db/tenant';
import { exportTenant } from '@/lib/workflows/export/mutations';
import { importTenant } from '@/lib/workflows/import/mutations';
import { importInput } from '@/lib/workflows/import/schema';
import { createDatabase } from '@/tests/support/databases';
import { makeTenant, type TestTenant, unique } from '@/tests/support/factories';

/** What an export or import may hold beyond what the process held before, garbage collected. */
const ALLOWED_MB = 60;
const ROWS_PER_INSERT = 50_000;

const rows = Number(process.argv[2] ?? 200_000);
const file = path.join(tmpdir(), `export-bench-${unique()}.tar.gz`);
const megabytes = (bytes: number) => Math.round(bytes / 1_000_000);

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Runs `work`, which samples now and then; prints its time and growth, and says whether that was too much. */
async function measure(name: string, work: (sample: () => void) => Promise<void>): Promise<boolean> {
  const before = memory();
  const started = performance.now();
  let most = before;
  let rss = 0;
  await work(() => {
    most = Math.max(most, memory());
    rss = Math.max(rss, process.memoryUsage().rss);
  });
  const growth = megabytes(most - before);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${name}: ${rows} traces in ${seconds} s, heap +${growth} MB, resident ${megabytes(rss)} MB`);
  return growth <= ALLOWED_MB;
}

async function fill(tenant: TestTenant): Promise<void> {
  for (let from = 0; from < rows; from += ROWS_PER_INSERT)
    await withTenant(tenant.ctx, (db) =>
      db.execute(sql`
        insert into traces (tenant_id, trace_id, question, answer, chunks, byte_size)
        select ${tenant.id}, gen_random_uuid()::text, 'How long is the trial of plan ' || n || '?',
          repeat('The trial lasts 14 days. ', 8),
          jsonb_build_array(jsonb_build_object('text', repeat(md5(n::text), 6), 'source', 'trial.md', 'score', 0.9)), 500
        from generate_series(${from}::int, ${Math.min(from + ROWS_PER_INSERT, rows) - 1}::int) n`),
    );
}

async function save(tenant: TestTenant, sample: () => void): Promise<void> {
  const { body } = await exportTenant(tenant.admin.ctx);
  const out = createWriteStream(file);
  let n = 0;
  for await (const chunk of body) {
    if (n++ % 200 === 0) sample();
    if (!out.write(chunk)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

const database = await createDatabase();
process.env.DATABASE_URL = database.url;
let withinLimits = true;
try {
  await migrate({ adminUrl: database.url, folder: path.resolve('db/migrations') });
  const tenant = await makeTenant();
  await fill(tenant);
  withinLimits = await measure('export', (sample) => save(tenant, sample));
  console.log(`the archive has ${megabytes((await stat(file)).size)} MB`);
  withinLimits =
    (await measure('import', async (sample) => {
      let n = 0;
      const report = () => void (n++ % 20 === 0 && sample());
      await importTenant(importInput.parse({ file, slug: `copy-${unique()}` }), { report });
    })) && withinLimits;
} finally {
  await closePools();
  await database.drop();
  await rm(file, { force: true });
}
if (!withinLimits) throw new Error(`more than ${ALLOWED_MB} MB were held`);
