import { withTenant } from '@/db/tenant';
import { pullStream } from '@/lib/archive/pull-stream';
import { emit } from '@/lib/audit/emit';
import { authorize } from '@/lib/auth/authorize';
import { newId } from '@/lib/ids';
import type { TenantContext } from '@/lib/tenancy/context';
import { readAuditPage } from './queries';
import { formats } from './rules';
import type { AuditExportQuery, AuditFilter } from './schema';

/** Rows read at a time, each time in a transaction of its own: so much is in memory, however long the log is. */
const CHUNK = 500;

/**
 * The audit log as a file that is made while it is read, newest first: every row that fits the filters when the download
 * begins. The download is itself in the log before its first byte. Throws AppError `forbidden`.
 */
export async function exportAuditLog(
  ctx: TenantContext,
  query: AuditExportQuery,
): Promise<{ filename: string; mediaType: string; body: ReadableStream<Uint8Array> }> {
  authorize(ctx, 'audit:export');
  const { format, ...filter } = query;
  const given = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  const begun = new Date();
  await withTenant(ctx, (db) =>
    emit(db, ctx, {
      action: 'audit.export',
      target: { kind: 'export', id: newId() },
      after: { format, ...given },
    }),
  );
  const day = begun.toISOString().slice(0, 10);
  return {
    filename: `${ctx.tenant.slug}-audit-${day}.${format}`,
    mediaType: formats[format].mediaType,
    body: pullStream(writeLog(ctx, query.format, filter)),
  };
}

async function* writeLog(
  ctx: TenantContext,
  format: AuditExportQuery['format'],
  filter: AuditFilter,
): AsyncGenerator<Uint8Array> {
  const { head, line } = formats[format];
  let text = head;
  let cursor: string | undefined;
  do {
    const page = await readAuditPage(ctx, { ...filter, cursor }, CHUNK);
    text += page.entries.map(line).join('');
    if (text) yield Buffer.from(text);
    text = '';
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}
