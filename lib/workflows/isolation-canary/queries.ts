import { desc, eq, sql } from 'drizzle-orm';
import { pool } from '@/db/client';
import { isolationChecks } from '@/db/schema/isolation';
import { withTenant } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import { type IsolationCheck, isolationCheck } from './schema';

/** The tenant's newest check, or null before the first. */
export async function findLastIsolationCheck(ctx: TenantContext): Promise<IsolationCheck | null> {
  authorize(ctx, 'isolation:check');
  const [row] = await withTenant(ctx, (db) =>
    db
      .select()
      .from(isolationChecks)
      .where(eq(isolationChecks.tenantId, ctx.tenant.id))
      .orderBy(desc(isolationChecks.at))
      .limit(1),
  );
  return row
    ? isolationCheck.parse({ at: row.at.toISOString(), passed: row.passed, probes: row.probes })
    : null;
}

// What the health endpoint asks, in any bundle of the process.
const FAILING = Symbol.for('ragtoolkit.isolation.failing');
const globals = globalThis as { [FAILING]?: Set<string> };

function failing(): Set<string> {
  globals[FAILING] ??= new Set();
  return globals[FAILING];
}

/** Whether the newest check of any tenant has failed, as far as this process knows. */
export function hasIsolationFailed(): boolean {
  return failing().size > 0;
}

/** Notes the result of a check for the health endpoint. */
export function noteIsolation(tenantId: string, passed: boolean): void {
  if (passed) failing().delete(tenantId);
  else failing().add(tenantId);
}

/** Reads which tenants' newest checks have failed: other processes check as well. */
export async function recallFailures(): Promise<void> {
  const rows = await pool('platform').db.execute<{ tenant_id: string; passed: boolean }>(
    sql`select distinct on (tenant_id) tenant_id, passed from isolation_checks order by tenant_id, at desc`,
  );
  failing().clear();
  for (const row of rows) noteIsolation(row.tenant_id, row.passed);
}
