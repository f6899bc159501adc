import { inArray } from 'drizzle-orm';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorizeOperator } from '@/lib/auth/authorize';
import { getMeteringState, listMeteringRuns } from '@/lib/metering/queries';
import { actAs, type OperatorContext } from '@/lib/tenancy/context';
import { listFindings } from '@/lib/workflows/metering-reconciliation/queries';
import type { MeteringOverview } from './schema';

const RUNS = 50;

/** How the meters of all workspaces stand, with the last runs and the differences that are not resolved. Throws AppError `forbidden`. */
export async function getMeteringOverview(ctx: OperatorContext): Promise<MeteringOverview> {
  authorizeOperator(ctx);
  const by = actAs(ctx);
  const [state, runs, findings] = await Promise.all([
    getMeteringState(by),
    listMeteringRuns(by, RUNS),
    listFindings(by),
  ]);
  const slugs = await readSlugs(runs.flatMap(({ failures }) => failures.map((one) => one.tenant_id)));
  return {
    ...state,
    findings,
    runs: runs.map((run) => ({
      ...run,
      failures: run.failures.map((one) => ({ ...one, slug: slugs.get(one.tenant_id) ?? null })),
    })),
  };
}

async function readSlugs(ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await withPlatform((db) =>
    db
      .select({ id: tenants.id, slug: tenants.slug })
      .from(tenants)
      .where(inArray(tenants.id, [...new Set(ids)])),
  );
  return new Map(rows.map(({ id, slug }) => [id, slug]));
}
