import { and, eq, sql } from 'drizzle-orm';
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

/**
 * Keeps a key below a rate of its own, so that what runs away with it leaves its colleagues' keys their part; null takes the
 * cap away. Every process follows within 5 s. Throws AppError `forbidden`, `not_found` for an id that is no key of this
 * tenant, `conflict` for a key that is revoked.
 */
export async function setApiKeyRate(
  ctx: TenantContext,
  input: { id: string; perSecond: number | null },
): Promise<{ id: string; perSecond: number | null }> {
  authorize(ctx, 'api-keys:manage');
  return withPlatform(async (db) => {
    const own = and(eq(apiKeys.tenantId, ctx.tenant.id), eq(apiKeys.id, input.id));
    const [key] = await db
      .select({ name: apiKeys.name, revokedAt: apiKeys.revokedAt, perSecond: apiKeys.ratePerSecond })
      .from(apiKeys)
      .where(own)
      .for('update');
    if (!key) throw new AppError('not_found', 'There is no such API key.');
    if (key.revokedAt) throw new AppError('conflict', 'This key is revoked.');
    if (key.perSecond === input.perSecond) return input;
    await db.update(apiKeys).set({ ratePerSecond: input.perSecond }).where(own);
    await emit(db, ctx, {
      action: 'api_key.set_rate',
      target: { kind: 'api_key', id: input.id },
      before: { name: key.name, perSecond: key.perSecond },
      after: { perSecond: input.perSecond },
    });
    await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId: input.id });
    return input;
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
