import { sql } from 'drizzle-orm';
import { withTenant } from '@/db/tenant';
import type { TenantContext } from '@/lib/tenancy/context';
import { copyLegacy } from '@/lib/workflows/legacy-migration/mutations';
import type { Issue, Listener, MigrationReport } from '@/lib/workflows/legacy-migration/schema';
import { checkLegacy } from '@/lib/workflows/legacy-reconciliation/queries';
import { openLegacySource } from '@/lib/workflows/legacy-source/queries';

export type Run = { report: MigrationReport; issues: Issue[] };

/** Migrates and checks, as the command does. */
export async function migrate(
  ctx: TenantContext,
  from: string,
  options: { dryRun?: boolean; exists?: boolean } & Listener = {},
): Promise<Run> {
  const { dryRun = false, exists = true, ...listener } = options;
  const source = await openLegacySource(from);
  const issues: Issue[] = [];
  try {
    if (!dryRun) await copyLegacy(ctx, source, listener);
    const report = await checkLegacy(ctx, source, { dryRun, exists, onIssue: (issue) => issues.push(issue) });
    return { report, issues };
  } finally {
    await source.close();
  }
}

/** Everything that a tenant has: the rows of every table that it owns, as text. `without` the progress of migrations. */
export async function dump(ctx: TenantContext): Promise<Record<string, string[]>> {
  const tables = ['traces', 'evaluations', 'usage_deltas', 'stats_dirty_hours', 'audit_log', 'trace_rollups'];
  return withTenant(ctx, async (db) => {
    const result: Record<string, string[]> = {};
    for (const table of tables) {
      const rows = await db.execute<{ row: string }>(
        sql.raw(`select to_jsonb(t)::text as row from ${table} t order by 1`),
      );
      result[table] = rows.map(({ row }) => row);
    }
    return result;
  });
}
