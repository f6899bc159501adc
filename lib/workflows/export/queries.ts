import { and, desc, eq, sql } from 'drizzle-orm';
import { describeTables, estimateRows } from '@/db/export';
import { auditLog } from '@/db/schema/audit';
import { tenants } from '@/db/schema/tenancy';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { runningExports } from './mutations';
import { exportedControlTables, orderTables, titleOf } from './rules';
import type { ExportedTable, ExportStatus, PastExport } from './schema';

/** Rows are counted up to here; counting a million would hold up the page. */
const EXACT_UP_TO = 100_000;

/** What an export would hold now: every table with its number of rows, estimated for large ones. */
export async function listExportedTables(ctx: TenantContext): Promise<ExportedTable[]> {
  authorize(ctx, 'tenant:export');
  return withTenant(ctx, async (db) => {
    const tables = orderTables(await describeTables(db, Object.keys(exportedControlTables)));
    const found: ExportedTable[] = [];
    for (const table of tables) {
      const estimate = await estimateRows(db, table, ctx.tenant.id, EXACT_UP_TO);
      found.push({ name: table.name, title: titleOf(table.name), ...estimate });
    }
    return found;
  });
}

/** The exports that this process is sending, and the one begun last by whichever process. */
export async function getExportStatus(ctx: TenantContext): Promise<ExportStatus> {
  authorize(ctx, 'tenant:export');
  const { tenantId, action, targetId, at, actorEmail, after } = auditLog;
  const last = await withTenant(ctx, async (db): Promise<PastExport | null> => {
    const rowOf = (name: string, id?: string) =>
      db
        .select({ at, id: targetId, by: actorEmail, after })
        .from(auditLog)
        .where(
          and(
            eq(tenantId, ctx.tenant.id),
            eq(action, name),
            id ? eq(targetId, id) : undefined,
            // What is older came with an import, and tells of the workspace that it was exported from.
            sql`${at} >= (select ${tenants.createdAt} from ${tenants} where ${tenants.id} = ${ctx.tenant.id})`,
          ),
        )
        .orderBy(desc(at))
        .limit(1);
    const [start] = await rowOf('tenant.export');
    if (!start) return null;
    const [end] = await rowOf('tenant.export_finish', start.id);
    return {
      id: start.id,
      startedAt: start.at.toISOString(),
      by: start.by ?? 'the system',
      finished: end
        ? {
            at: end.at.toISOString(),
            rows: Number(end.after?.rows ?? 0),
            bytes: Number(end.after?.bytes ?? 0),
          }
        : null,
    };
  });
  return { running: [...runningExports(ctx.tenant.id)], last };
}
