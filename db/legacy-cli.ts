import { appendFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LEGACY_SLUG } from '@/lib/auth/legacy-key';
import { newId, newRequestId } from '@/lib/ids';
import type { TenantContext } from '@/lib/tenancy/context';
import { ensureDefaultTenant, readTenant } from '@/lib/workflows/default-tenant/mutations';
import { copyLegacy } from '@/lib/workflows/legacy-migration/mutations';
import type { Issue, Listener, Progress } from '@/lib/workflows/legacy-migration/schema';
import { checkLegacy } from '@/lib/workflows/legacy-reconciliation/queries';
import { exitCode, toSummary } from '@/lib/workflows/legacy-reconciliation/rules';
import { openLegacySource } from '@/lib/workflows/legacy-source/queries';
import { closePools } from './client';

const USAGE =
  'Usage: npm run migrate:legacy -- --from <postgres URL or SQLite file> --tenant <slug> [--dry-run]\n' +
  'docs/migrate-from-0.3.md says what it does.';
const LINE_EVERY_MS = 2_000;
const UNDEFINED_TABLE = '42P01';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Brings a single-tenant database over into a tenant, then compares both. Answers the exit code. */
async function main(args: string[]): Promise<number> {
  const { from, tenant: slug, dryRun, out } = readArgs(args);
  const source = await openLegacySource(from);
  try {
    const { ctx, exists } = await enter(slug, dryRun);
    say(`${dryRun ? 'dry run: ' : ''}${source.label} → ${slug}`);
    if (!source.tables.includes('evaluations')) say('the source has no table "evaluations"');
    if (!dryRun) await copyLegacy(ctx, source, { onProgress: progressLines() });
    const refused = refusedFile(out, slug, dryRun);
    const listener: Listener = { onProgress: progressLines(), onIssue: refused.add };
    const report = await checkLegacy(ctx, source, { dryRun, exists, ...listener });
    for (const line of toSummary(report, { dryRun })) process.stdout.write(`${line}\n`);
    if (refused.count() > 0) process.stdout.write(`refused rows and values: ${refused.path}\n`);
    return exitCode(report, { dryRun });
  } finally {
    await source.close();
  }
}

function readArgs(args: string[]) {
  const options = {
    from: { type: 'string' },
    tenant: { type: 'string' },
    'dry-run': { type: 'boolean', default: false },
    out: { type: 'string', default: '.' },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];
  try {
    ({ values } = parseArgs({ args, options }));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${USAGE}`);
  }
  const { from, tenant, out } = values;
  if (!from || !tenant) throw new Error(USAGE);
  return { from, tenant, out, dryRun: values['dry-run'] };
}

/** The tenant that rows go to. `default` is made on first use, except in a dry run; others must be there. */
async function enter(slug: string, dryRun: boolean): Promise<{ ctx: TenantContext; exists: boolean }> {
  const by = {
    actor: { kind: 'system', name: 'migrate-legacy' },
    requestId: newRequestId(),
  } as const;
  const found = slug === LEGACY_SLUG && !dryRun ? await ensureDefaultTenant(by) : await readTenant(slug);
  if (found?.status === 'deleting') throw new Error(`The workspace "${slug}" is being deleted.`);
  if (found) return { ctx: { tenant: found, ...by }, exists: true };
  if (slug !== LEGACY_SLUG) throw new Error(`There is no workspace "${slug}". Sign up for it first.`);
  const tenant = { id: newId(), slug, name: 'Default', status: 'active' } as const;
  return { ctx: { tenant, ...by }, exists: false };
}

/** Lines that say how far a run is: at the end of each table, and every two seconds between. */
function progressLines(): (progress: Progress) => void {
  let table = '';
  let since = { at: 0, done: 0 };
  let told = 0;
  return (progress) => {
    const now = Date.now();
    if (progress.table !== table) {
      table = progress.table;
      since = { at: now, done: progress.done };
      told = now;
    }
    const isEnd = progress.done >= progress.total;
    if (isEnd ? told === 0 : now - told < LINE_EVERY_MS) return;
    told = isEnd ? 0 : now; // the end is told once
    const percent = progress.total > 0 ? Math.floor((100 * progress.done) / progress.total) : 100;
    const rate = now > since.at ? Math.round((1000 * (progress.done - since.done)) / (now - since.at)) : 0;
    const verb = progress.phase === 'copy' ? 'copied' : 'checked';
    say(
      `${verb} ${progress.done.toLocaleString('en-US')} of ${progress.total.toLocaleString('en-US')} ${table} ` +
        `(${percent} %${rate > 0 ? `, ${rate.toLocaleString('en-US')} rows/s` : ''})`,
    );
  };
}

/** The file of refused rows, one JSON object a line. There is none where nothing was refused. */
function refusedFile(folder: string, slug: string, dryRun: boolean) {
  const day = new Date().toISOString().slice(0, 10);
  const file = path.resolve(folder, `legacy-refused-${slug}-${day}${dryRun ? '-dry-run' : ''}.jsonl`);
  rmSync(file, { force: true });
  let lines = 0;
  return {
    path: file,
    count: () => lines,
    add: (issue: Issue) => {
      lines++;
      appendFileSync(file, `${JSON.stringify(issue)}\n`, { mode: 0o600 });
    },
  };
}

function describe(error: unknown): string {
  const cause = (error instanceof Error && error.cause ? error.cause : error) as { code?: string };
  if (cause.code === UNDEFINED_TABLE)
    return 'The database of this product lacks a table. Run `npm run db:migrate` first.';
  return error instanceof Error ? error.message : String(error);
}

main(process.argv.slice(2))
  .catch((error: unknown) => {
    say(describe(error));
    return 1;
  })
  .then(async (code) => {
    await closePools();
    process.exit(code);
  });
