import { eq } from 'drizzle-orm';
import { tenants } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import type { TenantContext } from '@/lib/tenancy/context';

/** Whether operators may look into the workspace's console. Throws AppError `forbidden`. */
export async function getSupportSetting(ctx: TenantContext): Promise<{ allowed: boolean }> {
  authorize(ctx, 'tenant:update');
  const [row] = await withPlatform((db) =>
    db.select({ allowed: tenants.allowsSupport }).from(tenants).where(eq(tenants.id, ctx.tenant.id)),
  );
  if (!row) throw new AppError('not_found');
  return row;
}
