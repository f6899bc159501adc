import { and, desc, eq, ne } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { apiKeys } from '@/db/schema/api-keys';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { authorize } from '@/lib/auth/authorize';
import { findLegacyTenant, LEGACY_KEY_ID } from '@/lib/auth/legacy-key';
import { env } from '@/lib/env';
import type { TenantContext } from '@/lib/tenancy/context';
import { mayActOn } from './rules';
import type { ApiKeyRow, LegacyKey } from './schema';

/** The tenant's keys, newest first, ended ones included. Never their secrets. Throws AppError `forbidden`. */
export async function listApiKeys(ctx: TenantContext): Promise<ApiKeyRow[]> {
  authorize(ctx, 'api-keys:read');
  const old = alias(apiKeys, 'old');
  const rows = await withPlatform((db) =>
    db
      .select({
        id: apiKeys.id,
        name: apiKeys.name,
        kind: apiKeys.kind,
        scopes: apiKeys.scopes,
        isService: apiKeys.isService,
        createdAt: apiKeys.createdAt,
        creatorId: apiKeys.createdBy,
        createdBy: users.name,
        creatorRole: memberships.role,
        expiresAt: apiKeys.expiresAt,
        revokedAt: apiKeys.revokedAt,
        replacedBy: apiKeys.replacedBy,
        replaces: old.id,
        lastUsedAt: apiKeys.lastUsedAt,
        lastUsedIp: apiKeys.lastUsedIp,
      })
      .from(apiKeys)
      .leftJoin(users, eq(users.id, apiKeys.createdBy))
      .leftJoin(
        memberships,
        and(eq(memberships.tenantId, apiKeys.tenantId), eq(memberships.userId, apiKeys.createdBy)),
      )
      .leftJoin(old, and(eq(old.tenantId, apiKeys.tenantId), eq(old.replacedBy, apiKeys.id)))
      .where(and(eq(apiKeys.tenantId, ctx.tenant.id), ne(apiKeys.id, LEGACY_KEY_ID)))
      .orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)),
  );
  return rows.map(({ creatorId, ...row }) => ({
    ...row,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    mayAct: mayActOn(ctx.actor, { createdBy: creatorId, isService: row.isService }),
  }));
}

/**
 * The predecessor's key, for the workspace that it belongs to, while the installation accepts it; null otherwise. Throws
 * AppError `forbidden`.
 */
export async function findLegacyKey(ctx: TenantContext): Promise<LegacyKey | null> {
  authorize(ctx, 'api-keys:read');
  if (env().legacyApiKey === undefined) return null;
  if ((await findLegacyTenant())?.id !== ctx.tenant.id) return null;
  const [row] = await withPlatform((db) =>
    db
      .select({ lastUsedAt: apiKeys.lastUsedAt, lastUsedIp: apiKeys.lastUsedIp })
      .from(apiKeys)
      .where(and(eq(apiKeys.tenantId, ctx.tenant.id), eq(apiKeys.id, LEGACY_KEY_ID))),
  );
  return { lastUsedAt: row?.lastUsedAt?.toISOString() ?? null, lastUsedIp: row?.lastUsedIp ?? null };
}
