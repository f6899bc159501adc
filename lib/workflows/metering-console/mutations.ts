import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { emitPlatform } from '@/lib/audit/emit-platform';
import { authorizeOperator } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import { runTick } from '@/lib/metering/mutations';
import type { MeteringRun } from '@/lib/metering/schema';
import { actAs, type OperatorContext } from '@/lib/tenancy/context';
import { findTenantById } from '@/lib/tenancy/directory';
import type { RunMeteringBody } from './schema';

/**
 * Closes what is open now, of one workspace or of all, and counts what was added late; answers when it is over, and shows in
 * the list of runs while it goes on. Others that run meanwhile do no harm. Throws AppError `forbidden`, `not_found` for a
 * workspace that is not there.
 */
export async function runMetering(
  ctx: OperatorContext,
  { tenant_id: tenantId }: RunMeteringBody,
): Promise<{ run: MeteringRun }> {
  authorizeOperator(ctx);
  const by = actAs(ctx);
  if (tenantId !== undefined) {
    const tenant = await findTenantById(tenantId);
    if (!tenant) throw new AppError('not_found', 'There is no such workspace.');
    await withPlatform((db) =>
      emit(
        db,
        { tenant, ...by },
        { action: 'tenant.run_metering', target: { kind: 'tenant', id: tenantId } },
      ),
    );
  } else
    await withPlatform((db) =>
      emitPlatform(db, ctx, { action: 'metering.run', target: { kind: 'metering', id: 'all' } }),
    );
  const run = await runTick(by, { trigger: 'operator', ...(tenantId ? { only: [tenantId] } : {}) });
  if (!run) throw new Error('a run that an operator has begun left nothing behind');
  return { run };
}
