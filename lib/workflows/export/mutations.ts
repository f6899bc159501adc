import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { eq, inArray } from 'drizzle-orm';
import { type ChunkLimit, describeTables, readChunk, type TableShape } from '@/db/export';
import { users } from '@/db/schema/people';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform, withTenant } from '@/db/tenant';
import { pullStream } from '@/lib/archive/pull-stream';
import { tarEnd, tarFile } from '@/lib/archive/tar';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { newId } from '@/lib/ids';
import { logError } from '@/lib/log';
import type { TenantContext } from '@/lib/tenancy/context';
import { keepLease, type Lease, releaseLease, takeLease } from '@/lib/usage/leases';
import { version } from '@/package.json';
import { archiveName, archiveReadme, exportedControlTables, orderTables, partName } from './rules';
import { ARCHIVE_FORMAT, type ArchiveManifest, type RunningExport, type TableManifest } from './schema';

/** A part is one short transaction, and is in memory whole. */
const PART: ChunkLimit = { rows: 1_000, bytes: 4_000_000 };

// Route and page may be in different bundles of the process, and must see the same exports.
const RUNNING = Symbol.for('ragtoolkit.exports');
const globals = globalThis as { [RUNNING]?: Map<string, Set<RunningExport>> };

/** The exports of a tenant that this process is sending now. */
export function runningExports(tenantId: string): readonly RunningExport[] {
  return [...(globals[RUNNING]?.get(tenantId) ?? [])];
}

/**
 * Everything of the tenant as a compressed archive, made while it is read: at most one part is in memory, and nothing is
 * read from the database that nobody waits for. Cancelling the stream ends the reading; a failure ends the stream with an
 * error and without a manifest. Throws AppError `forbidden`, and `conflict` when two exports run already, whichever
 * process sends them.
 */
export async function exportTenant(
  ctx: TenantContext,
): Promise<{ filename: string; body: ReadableStream<Uint8Array> }> {
  authorize(ctx, 'tenant:export');
  const startedAt = new Date();
  const run: RunningExport = {
    id: newId(),
    startedAt: startedAt.toISOString(),
    table: '',
    rows: 0,
    bytes: 0,
  };
  const lease: Lease = { tenant: ctx.tenant, policy: 'export:tenant', holder: run.id };
  await withTenant(ctx, async (db) => {
    if (!(await takeLease(db, lease)))
      throw new AppError('conflict', 'An export of this workspace is running. Wait until it has ended.');
    await emit(db, ctx, { action: 'tenant.export', target: { kind: 'export', id: run.id } });
  });
  const stop = new AbortController();
  return {
    filename: archiveName(ctx.tenant.slug, startedAt),
    body: pullStream(compress(trackRun(ctx, run, { lease, stop })), () => {
      stop.abort();
      const hasBegun = runningExports(ctx.tenant.id).includes(run); // and ends by itself, which takes a moment
      if (!hasBegun) void releaseLease(lease);
    }),
  };
}

async function* compress(source: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip();
  // What goes wrong in the source destroys gzip, and so comes out below.
  pipeline(source, gzip).catch(() => {});
  yield* gzip;
}

/** What a generator makes, while there is a place for it: one that was lost ends it. */
async function* holdLease<T>(
  lease: Lease,
  stop: AbortController,
  source: AsyncIterable<T>,
): AsyncGenerator<T> {
  const stopKeeping = keepLease(lease, () => {
    const lost = new Error('the export has lost its place to another');
    logError(lost, 'export cut short');
    stop.abort(lost);
  });
  try {
    yield* source;
  } finally {
    stopKeeping();
    await releaseLease(lease);
  }
}

/** The archive, with its progress visible while it runs, its end in the audit log and its failure in the log. */
async function* trackRun(
  ctx: TenantContext,
  run: RunningExport,
  { lease, stop }: { lease: Lease; stop: AbortController },
): AsyncGenerator<Buffer> {
  const { signal } = stop;
  globals[RUNNING] ??= new Map();
  const own = globals[RUNNING].get(ctx.tenant.id) ?? new Set();
  globals[RUNNING].set(ctx.tenant.id, own.add(run));
  try {
    yield* holdLease(lease, stop, writeArchive(ctx, run, signal));
    const { id, rows, bytes } = run;
    await withTenant(ctx, (db) =>
      emit(db, ctx, {
        action: 'tenant.export_finish',
        target: { kind: 'export', id },
        after: { rows, bytes },
      }),
    );
  } catch (error) {
    if (!signal.aborted) logError(error, 'export cut short');
    throw error;
  } finally {
    own.delete(run);
    if (own.size === 0) globals[RUNNING]?.delete(ctx.tenant.id);
  }
}

async function* writeArchive(
  ctx: TenantContext,
  run: RunningExport,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const at = new Date(run.startedAt);
  const { tenant, tables } = await withTenant(ctx, async (db) => {
    const { id, slug, name, plan } = tenants;
    const [found] = await db.select({ id, slug, name, plan }).from(tenants).where(eq(id, ctx.tenant.id));
    if (!found) throw new AppError('not_found');
    return { tenant: found, tables: await describeTables(db, Object.keys(exportedControlTables)) };
  });
  const manifest: ArchiveManifest = {
    format: ARCHIVE_FORMAT,
    tenant,
    exported_at: run.startedAt,
    app_version: version,
    tables: [],
  };
  yield tarFile({ name: 'README.md', content: Buffer.from(archiveReadme(manifest)) }, at);
  for (const table of orderTables(tables)) {
    run.table = table.name;
    manifest.tables.push(yield* writeTable(ctx, table, run, signal));
  }
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  yield tarFile({ name: 'manifest.json', content: Buffer.from(text) }, at);
  yield tarEnd();
}

/** A table's parts, one transaction each; answers what the manifest says of it. */
async function* writeTable(
  ctx: TenantContext,
  table: TableShape,
  run: RunningExport,
  signal: AbortSignal,
): AsyncGenerator<Buffer, TableManifest> {
  const { adds = [] } = exportedControlTables[table.name] ?? {};
  const columns = [...table.columns.map(({ name }) => name), ...adds];
  const manifest: TableManifest = { name: table.name, columns, rows: 0, bytes: 0, sha256: '', parts: [] };
  const whole = createHash('sha256');
  let after: string[] | null = null;
  for (let more = true, due = 0; more; ) {
    signal.throwIfAborted();
    await waitUntil(due, signal);
    const began = performance.now();
    const from: { tenantId: string; after: string[] | null } = { tenantId: ctx.tenant.id, after };
    const chunk = await withTenant(ctx, (db) => readChunk(db, table, from, PART, signal));
    ({ last: after, more } = chunk);
    // As long as that took, the database is the others': whoever reads slowly themselves does not notice.
    due = 2 * performance.now() - began;
    if (chunk.lines.length === 0) continue;
    const lines = table.name === 'memberships' ? await addPeople(chunk.lines) : chunk.lines;
    const content = Buffer.from(`${lines.join('\n')}\n`);
    const part = {
      file: partName(table.name, manifest.parts.length + 1),
      rows: lines.length,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
    whole.update(content);
    manifest.parts.push(part);
    manifest.rows += part.rows;
    manifest.bytes += part.bytes;
    run.rows += part.rows;
    run.bytes += part.bytes;
    yield tarFile({ name: part.file, content }, new Date(run.startedAt));
  }
  manifest.sha256 = whole.digest('hex');
  return manifest;
}

/** Waits until a time of `performance.now()`; rejects when the signal ends the waiting. */
async function waitUntil(due: number, signal: AbortSignal): Promise<void> {
  const ms = due - performance.now();
  if (ms > 0) await setTimeout(ms, undefined, { signal });
}

/** Memberships with the people's address and name, which stand in a table of all tenants. */
async function addPeople(lines: readonly string[]): Promise<string[]> {
  const members = lines.map((line) => JSON.parse(line) as { user_id: string });
  const ids = members.map((member) => member.user_id);
  const people = await withPlatform((db) =>
    db
      .select({ id: users.id, email: users.email, name: users.name })
      .from(users)
      .where(inArray(users.id, ids)),
  );
  const byId = new Map(people.map((person) => [person.id, person]));
  return members.map((member) => {
    const person = byId.get(member.user_id);
    return JSON.stringify({ ...member, user_email: person?.email, user_name: person?.name });
  });
}
