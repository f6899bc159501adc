import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { announceApiKeyChange, mintApiKey } from '@/lib/auth/api-key';
import { authorize } from '@/lib/auth/authorize';
import { AppError } from '@/lib/errors';
import type { TenantContext } from '@/lib/tenancy/context';
import { apiKeyScopes, type CreatedApiKey } from './schema';

/** Makes an API key of the tenant. The key is in the answer and nowhere else. Throws AppError `forbidden`. */
export async function createApiKey(ctx: TenantContext, input: { name: string }): Promise<CreatedApiKey> {
  authorize(ctx, 'api-keys:create');
  return withPlatform((db) => insertApiKey(db, ctx, input));
}

/**
 * Revokes a key: it is refused from the next request on, by every process. Revoking it again changes nothing. Throws
 * AppError `forbidden`, or `not_found` for an id that is no key of this tenant.
 */
export async function revokeApiKey(ctx: TenantContext, input: { id: string }): Promise<{ id: string }> {
  authorize(ctx, 'api-keys:update');
  return withPlatform(async (db) => {
    const own = and(eq(apiKeys.tenantId, ctx.tenant.id), eq(apiKeys.id, input.id));
    const [key] = await db
      .select({ name: apiKeys.name, revokedAt: apiKeys.revokedAt })
      .from(apiKeys)
      .where(own)
      .for('update');
    if (!key) throw new AppError('not_found', 'There is no such API key.');
    if (key.revokedAt) return { id: input.id };
    await db.update(apiKeys).set({ revokedAt: sql`now()` }).where(own);
    await emit(db, ctx, {
      action: 'api_key.revoke',
      target: { kind: 'api_key', id: input.id },
      before: { name: key.name },
    });
    await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId: input.id });
    return { id: input.id };
  });
}

/** `createApiKey` inside the caller's transaction, which must be one of a login that may write keys: platform or owner. */
export async function insertApiKey(
  db: Db,
  ctx: TenantContext,
  input: { name: string },
): Promise<CreatedApiKey> {
  const { keyId, key, secretHash } = mintApiKey(ctx.tenant.id);
  await db.insert(apiKeys).values({
    tenantId: ctx.tenant.id,
    id: keyId,
    name: input.name,
    secretHash,
    scopes: [...apiKeyScopes],
    createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
    isService: ctx.actor.kind === 'system',
  });
  await emit(db, ctx, {
    action: 'api_key.create',
    target: { kind: 'api_key', id: keyId },
    after: { name: input.name, scopes: apiKeyScopes },
  });
  await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId });
  return { id: keyId, name: input.name, key };
}

/**
 * Revokes all keys that a person has made in the tenant, inside the caller's transaction: they die with the membership.
 * Service keys belong to the tenant and stay.
 */
export async function revokeKeysOf(db: Db, ctx: TenantContext, creator: { userId: string }): Promise<void> {
  const revoked = await db
    .update(apiKeys)
    .set({ revokedAt: sql`now()` })
    .where(
      and(
        eq(apiKeys.tenantId, ctx.tenant.id),
        eq(apiKeys.createdBy, creator.userId),
        eq(apiKeys.isService, false),
        isNull(apiKeys.revokedAt),
      ),
    )
    .returning({ id: apiKeys.id, name: apiKeys.name });
  for (const { id, name } of revoked) {
    await emit(db, ctx, { action: 'api_key.revoke', target: { kind: 'api_key', id }, before: { name } });
    await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId: id });
  }
}
