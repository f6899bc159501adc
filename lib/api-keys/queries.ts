import { desc, eq } from 'drizzle-orm';
import { apiKeys } from '@/db/schema/api-keys';
import { users } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import type { TenantContext } from '@/lib/tenancy/context';
import type { ApiKeyRow } from './schema';

/** The tenant's keys, newest first, revoked ones included. Never their secrets. */
export async function listApiKeys(ctx: TenantContext): Promise<ApiKeyRow[]> {
  authorize(ctx, 'api-keys:read');
  const rows = await withPlatform((db) =>
    db
      .select({
        id: apiKeys.id,
        name: apiKeys.name,
        scopes: apiKeys.scopes,
        createdAt: apiKeys.createdAt,
        createdBy: users.name,
        expiresAt: apiKeys.expiresAt,
        revokedAt: apiKeys.revokedAt,
      })
      .from(apiKeys)
      .leftJoin(users, eq(users.id, apiKeys.createdBy))
      .where(eq(apiKeys.tenantId, ctx.tenant.id))
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)),
  );
  return rows.map((row) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }));
}
