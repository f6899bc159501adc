import { and, eq, isNull, ne, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { memberships } from '@/db/schema/tenancy';
import { withPlatform } from '@/db/tenant';
import { emit } from '@/lib/audit/emit';
import { type ApiKeyKind, announceApiKeyChange, mintApiKey } from '@/lib/auth/api-key';
import { authorize } from '@/lib/auth/authorize';
import { LEGACY_KEY_ID } from '@/lib/auth/legacy-key';
import { roleCan } from '@/lib/auth/permissions';
import type { Role } from '@/lib/auth/schema';
import type { Scope } from '@/lib/auth/scopes';
import { AppError } from '@/lib/errors';
import type { TenantContext } from '@/lib/tenancy/context';
import { mayActOn, scopesBeyond, toExpiry, toSuccessorExpiry } from './rules';
import {
  type CreateApiKeyInput,
  type CreatedApiKey,
  createApiKeyInput,
  overlaps,
  type RenameApiKeyInput,
  type RotateApiKeyInput,
  renameApiKeyInput,
  rotateApiKeyInput,
  type SetServiceInput,
  secretScopes,
  usualScopes,
} from './schema';

/**
 * Makes an API key of the tenant, with scopes that its creator holds. The key is in the answer and nowhere else. Throws
 * AppError `forbidden`, also with an issue at `scopes` or `service` for what the creator may not give.
 */
export async function createApiKey(ctx: TenantContext, input: CreateApiKeyInput): Promise<CreatedApiKey> {
  authorize(ctx, 'api-keys:create');
  return withPlatform((db) => insertApiKey(db, ctx, input));
}

/** Gives a key another name. Throws AppError `forbidden`, or `not_found` for an id that is no key of this tenant. */
export async function renameApiKey(
  ctx: TenantContext,
  input: RenameApiKeyInput,
): Promise<{ id: string; name: string }> {
  authorize(ctx, 'api-keys:update');
  const { id, name } = renameApiKeyInput.parse(input);
  return withPlatform(async (db) => {
    const key = await lockKey(db, ctx, id);
    if (key.name === name) return { id, name };
    await db.update(apiKeys).set({ name }).where(ownKey(ctx, id));
    await emit(db, ctx, {
      action: 'api_key.rename',
      target: { kind: 'api_key', id },
      before: { name: key.name },
      after: { name },
    });
    return { id, name };
  });
}

/**
 * Makes a key in the place of another: of the same name, kind, scopes, creator and lifetime. The old one goes on working
 * for the overlap, or until it would have ended anyway. Throws AppError `forbidden`, `not_found`, `conflict` for a key
 * that no longer works or was rotated before.
 */
export async function rotateApiKey(ctx: TenantContext, input: RotateApiKeyInput): Promise<CreatedApiKey> {
  authorize(ctx, 'api-keys:update');
  const { id, overlap } = rotateApiKeyInput.parse(input);
  return withPlatform(async (db) => {
    const creatorRole = await lockCreatorOf(db, ctx, id);
    const old = await lockKey(db, ctx, id);
    if (old.revokedAt || old.hasExpired || (!old.isService && !creatorRole))
      throw new AppError('conflict', 'This key no longer works. Create another one instead.');
    if (old.replacedBy) throw new AppError('conflict', 'This key has been rotated already.');
    const successor = await writeKey(db, ctx, {
      name: old.name,
      kind: old.kind,
      scopes: old.scopes,
      isService: old.isService,
      createdBy: old.createdBy,
      expiresAt: toSuccessorExpiry(old, new Date()),
      replaces: id,
    });
    const [{ expiresAt } = { expiresAt: null }] = await db
      .update(apiKeys)
      .set({
        replacedBy: successor.id,
        // least() leaves a null out: a key without an end gets one.
        expiresAt: sql`least(${apiKeys.expiresAt}, now() + make_interval(secs => ${overlaps[overlap]}))`,
      })
      .where(ownKey(ctx, id))
      .returning({ expiresAt: apiKeys.expiresAt });
    await emit(db, ctx, {
      action: 'api_key.rotate',
      target: { kind: 'api_key', id },
      before: { expiresAt: old.expiresAt },
      after: { name: old.name, replacedBy: successor.id, expiresAt },
    });
    await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId: id });
    return successor;
  });
}

/**
 * Revokes a key: it is refused from the next request on, by every process. Revoking it again changes nothing. Throws
 * AppError `forbidden`, or `not_found` for an id that is no key of this tenant.
 */
export async function revokeApiKey(ctx: TenantContext, input: { id: string }): Promise<{ id: string }> {
  authorize(ctx, 'api-keys:update');
  return withPlatform(async (db) => {
    const key = await lockKey(db, ctx, input.id);
    if (key.revokedAt) return { id: input.id };
    await db.update(apiKeys).set({ revokedAt: sql`now()` }).where(ownKey(ctx, input.id));
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

/**
 * Makes a key the workspace's own, so that it outlives its creator's membership and is bounded by its scopes alone; or
 * gives it back to its creator. Throws AppError `forbidden`, `not_found`, `conflict` for a key without a creator to be
 * given back to, which would stop at once.
 */
export async function setServiceKey(
  ctx: TenantContext,
  { id, service }: SetServiceInput,
): Promise<{ id: string; service: boolean }> {
  authorize(ctx, 'api-keys:manage');
  return withPlatform(async (db) => {
    const creatorRole = await lockCreatorOf(db, ctx, id);
    const key = await lockKey(db, ctx, id);
    if (key.isService === service) return { id, service };
    if (!service && !creatorRole)
      throw new AppError('conflict', 'Nobody is left to be bounded by: revoke this key instead.');
    await db.update(apiKeys).set({ isService: service }).where(ownKey(ctx, id));
    await emit(db, ctx, {
      action: service ? 'api_key.make_service' : 'api_key.end_service',
      target: { kind: 'api_key', id },
      before: { name: key.name, isService: key.isService },
      after: { name: key.name, isService: service },
    });
    await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId: id });
    return { id, service };
  });
}

/** `createApiKey` inside the caller's transaction, which must be one of a login that may write keys: platform or owner. */
export async function insertApiKey(
  db: Db,
  ctx: TenantContext,
  input: CreateApiKeyInput,
): Promise<CreatedApiKey> {
  const wanted = createApiKeyInput.parse(input);
  const asked = wanted.scopes ?? usualScopes;
  const scopes: Scope[] =
    wanted.kind === 'publish' ? ['feedback:write'] : secretScopes.filter((scope) => asked.includes(scope));
  await assertMayGive(db, ctx, { scopes, service: wanted.service });
  return writeKey(db, ctx, {
    name: wanted.name,
    kind: wanted.kind,
    scopes,
    isService: wanted.service || ctx.actor.kind === 'system',
    createdBy: ctx.actor.kind === 'user' ? ctx.actor.userId : null,
    expiresAt: toExpiry(wanted.expires, new Date()),
  });
}

/**
 * A key never has more rights than its creator: asked here, and again at each of its requests. The membership is locked,
 * so that who is just being removed or demoted leaves no key behind that the removal has not seen.
 */
async function assertMayGive(
  db: Db,
  ctx: TenantContext,
  wanted: { scopes: readonly Scope[]; service: boolean },
): Promise<void> {
  if (ctx.actor.kind === 'system') return;
  if (ctx.actor.kind !== 'user')
    throw new AppError('forbidden', 'A key is made by a person, whose role bounds it.');
  const role = await lockRole(db, ctx, ctx.actor.userId);
  if (!role) throw new AppError('forbidden', 'You are not a member of this workspace.');
  const beyond = scopesBeyond(role, wanted.scopes);
  if (beyond.length > 0) {
    const message = `Your role may not give a key ${beyond.map((scope) => `"${scope}"`).join(', ')}.`;
    throw new AppError('forbidden', message, [{ path: 'scopes', message }]);
  }
  if (wanted.service && !roleCan(role, 'api-keys:manage')) {
    const message = 'Only an admin makes service keys.';
    throw new AppError('forbidden', message, [{ path: 'service', message }]);
  }
}

type NewKey = {
  name: string;
  kind: ApiKeyKind;
  scopes: string[];
  isService: boolean;
  createdBy: string | null;
  expiresAt: Date | null;
  replaces?: string;
};

async function writeKey(db: Db, ctx: TenantContext, { replaces, ...fields }: NewKey): Promise<CreatedApiKey> {
  const { keyId, key, secretHash } = mintApiKey(ctx.tenant.id, fields.kind);
  await db.insert(apiKeys).values({ ...fields, tenantId: ctx.tenant.id, id: keyId, secretHash });
  const { createdBy: _, ...after } = fields;
  await emit(db, ctx, {
    action: 'api_key.create',
    target: { kind: 'api_key', id: keyId },
    after: { ...after, ...(replaces ? { replaces } : {}) },
  });
  await announceApiKeyChange(db, { tenantId: ctx.tenant.id, keyId });
  const { name, kind, scopes } = fields;
  return { id: keyId, name, kind, scopes, key };
}

/** The predecessor's key is the installation's, in its environment: nobody acts on its row. */
function ownKey(ctx: TenantContext, id: string) {
  return and(eq(apiKeys.tenantId, ctx.tenant.id), eq(apiKeys.id, id), ne(apiKeys.id, LEGACY_KEY_ID));
}

/** A key as it is now, locked until the caller's transaction ends, for somebody who may act on it. */
async function lockKey(db: Db, ctx: TenantContext, id: string) {
  const [key] = await db
    .select({
      name: apiKeys.name,
      kind: apiKeys.kind,
      scopes: apiKeys.scopes,
      isService: apiKeys.isService,
      createdBy: apiKeys.createdBy,
      createdAt: apiKeys.createdAt,
      expiresAt: apiKeys.expiresAt,
      hasExpired: sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`,
      revokedAt: apiKeys.revokedAt,
      replacedBy: apiKeys.replacedBy,
    })
    .from(apiKeys)
    .where(ownKey(ctx, id))
    .for('update');
  if (!key) throw new AppError('not_found', 'There is no such API key.');
  if (!mayActOn(ctx.actor, key))
    throw new AppError('forbidden', 'You may act on your own keys only. Ask an admin of this workspace.');
  return key;
}

/** The role of a key's creator; null when they are no member. Locked before the key, in the order of who removes members. */
async function lockCreatorOf(db: Db, ctx: TenantContext, id: string): Promise<Role | null> {
  const [key] = await db.select({ createdBy: apiKeys.createdBy }).from(apiKeys).where(ownKey(ctx, id));
  return key?.createdBy ? lockRole(db, ctx, key.createdBy) : null;
}

async function lockRole(db: Db, ctx: TenantContext, userId: string): Promise<Role | null> {
  const [member] = await db
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.tenantId, ctx.tenant.id), eq(memberships.userId, userId)))
    .for('share');
  return member?.role ?? null;
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
