import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { env } from '@/lib/env';
import { AppError } from '@/lib/errors';
import type { Actor } from '@/lib/tenancy/context';
import { findTenantByFormerSlug, findTenantBySlug, type TenantEntry } from '@/lib/tenancy/directory';

/** The workspace of an installation that had no workspaces: whom the predecessor's key belongs to. */
export const LEGACY_SLUG = 'default';

/**
 * The id under which the predecessor's key stands in `api_keys`, in the audit log and in the usage of its tenant. No
 * signed key has it: the row's hash is of nothing.
 */
export const LEGACY_KEY_ID = '1e9ac700-0000-4000-8000-000000000000';

/** Who acts with the predecessor's key: everything that an admin may. */
export const legacyActor = {
  kind: 'api-key',
  keyId: LEGACY_KEY_ID,
  scopes: ['admin'],
  creatorRole: null,
} as const satisfies Actor;

type Maker = (requestId: string) => Promise<TenantEntry>;
type State = { make?: Maker; making?: Promise<TenantEntry>; recordedIn?: string };

// One per process, whichever of its bundles asks.
const LEGACY = Symbol.for('ragtoolkit.legacy-key');
const globals = globalThis as { [LEGACY]?: State };

function state(): State {
  globals[LEGACY] ??= {};
  return globals[LEGACY];
}

/**
 * Says how the tenant `default` is made when the predecessor's key is first used. To be called once at start: this part
 * of the kernel knows no domain, and making a tenant is one's verb.
 */
export function registerLegacyTenantMaker(make: Maker): void {
  state().make = make;
}

/** Whether a text is the predecessor's key. As both are hashed first, the time it takes tells nothing of either. */
export function isLegacyKey(text: string): boolean {
  const { legacyApiKey } = env();
  return legacyApiKey !== undefined && timingSafeEqual(sha256(text), sha256(legacyApiKey));
}

/** The tenant that the predecessor's key belongs to, also after it has moved to another address; null until its first use. */
export async function findLegacyTenant(): Promise<TenantEntry | null> {
  return (await findTenantBySlug(LEGACY_SLUG)) ?? (await findTenantByFormerSlug(LEGACY_SLUG));
}

/**
 * The tenant that the predecessor's key belongs to, made where it is missing: of several first uses at once, one makes
 * it. `hostSlug` is the tenant's name in the host that was asked, null on every other host. Throws AppError `not_found`
 * on another tenant's host, and where the tenant was erased and its address is not given out again.
 */
export async function requireLegacyTenant(hostSlug: string | null, requestId: string): Promise<TenantEntry> {
  if (hostSlug !== null && hostSlug !== LEGACY_SLUG) {
    const onHost = (await findTenantBySlug(hostSlug)) ?? (await findTenantByFormerSlug(hostSlug));
    if (!onHost || onHost.id !== (await findLegacyTenant())?.id) throw notHere();
  }
  const tenant = (await findLegacyTenant()) ?? (await makeLegacyTenant(requestId));
  await recordLegacyKey(tenant);
  return tenant;
}

async function makeLegacyTenant(requestId: string): Promise<TenantEntry> {
  const current = state();
  const { make } = current;
  if (!make) throw new Error('Nobody has said how the tenant of the legacy key is made');
  current.making ??= make(requestId).finally(() => {
    current.making = undefined;
  });
  return current.making.catch((error: unknown) => {
    throw error instanceof AppError && error.code === 'conflict' ? notHere() : error;
  });
}

/** Gives the key its row, where its last use is written and its name is read; asked of the database once a process. */
async function recordLegacyKey(tenant: TenantEntry): Promise<void> {
  const current = state();
  if (current.recordedIn === tenant.id) return;
  await pool('platform')
    .db.insert(apiKeys)
    .values({
      tenantId: tenant.id,
      id: LEGACY_KEY_ID,
      name: 'RAGTOOLKIT_API_KEY',
      secretHash: randomBytes(32),
      scopes: [...legacyActor.scopes],
      isService: true,
    })
    .onConflictDoNothing();
  current.recordedIn = tenant.id;
}

function notHere(): AppError {
  return new AppError('not_found', 'There is no such workspace for this key.');
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
