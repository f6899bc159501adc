import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { apiKeys } from '@/db/schema/api-keys';
import { users } from '@/db/schema/people';
import { memberships } from '@/db/schema/tenancy';
import { env } from '@/lib/env';
import { newId } from '@/lib/ids';
import { CHANGE_CHANNEL, LiveCache } from '@/lib/tenancy/live-cache';
import type { Role } from './schema';
import type { Scope } from './scopes';

/**
 * API keys: `rtk_`, or `rtk_pub_` for one that may stand in a web page, and base64url of
 *   version (1 byte) ‖ key id (16) ‖ tenant id (16) ‖ random (16) ‖ HMAC-SHA-256 of all before it, first 8 bytes.
 * The HMAC lets a forged key be refused, and the right tenant be charged, without asking the database. What
 * authenticates is the random part, of which the database keeps the SHA-256: neither a leaked database nor a leaked
 * signing secret alone yields a key. docs/adr/0003.
 */
const prefixes = { secret: 'rtk_', publish: 'rtk_pub_' } as const;
const SIGNED_BYTES = 49;
const TOTAL_BYTES = 57;
// 76 characters follow the prefix, so that a secret key whose own begin with `pub_` is not taken for the other kind.
const SHAPE = /^rtk_(pub_)?([\w-]{76})$/;

/** `publish` keys stand in browser code for everybody to read: all they may do is write feedback. */
export type ApiKeyKind = keyof typeof prefixes;
const PUBLISH_SCOPES: readonly string[] = ['feedback:write'] satisfies Scope[];

/** A key whose signature holds. Whether it is still alive, and really of this kind, is another question. */
export type ParsedApiKey = { kind: ApiKeyKind; keyId: string; tenantId: string; secret: Buffer };

/** Makes a new key of a tenant. `key` is shown once; `secretHash` is what is stored. */
export function mintApiKey(
  tenantId: string,
  kind: ApiKeyKind = 'secret',
): { keyId: string; key: string; secretHash: Buffer } {
  const keyId = newId();
  const secret = randomBytes(16);
  const [version, signingSecret] = newestSecret();
  const signed = Buffer.concat([Buffer.of(version), toBytes(keyId), toBytes(tenantId), secret]);
  const key = prefixes[kind] + Buffer.concat([signed, sign(signed, signingSecret)]).toString('base64url');
  return { keyId, key, secretHash: hashSecret(secret) };
}

/** Reads a key and checks its signature. Null for anything malformed or forged. No I/O. */
export function parseApiKey(key: string): ParsedApiKey | null {
  const [, publish, encoded] = SHAPE.exec(key) ?? [];
  if (encoded === undefined) return null;
  const bytes = Buffer.from(encoded, 'base64url');
  if (bytes.length !== TOTAL_BYTES) return null;
  const signingSecret = env().apiKeySecrets.get(bytes.readUInt8(0));
  if (!signingSecret) return null;
  const signed = bytes.subarray(0, SIGNED_BYTES);
  if (!timingSafeEqual(sign(signed, signingSecret), bytes.subarray(SIGNED_BYTES))) return null;
  return {
    kind: publish ? 'publish' : 'secret',
    keyId: toUuid(bytes.subarray(1, 17)),
    tenantId: toUuid(bytes.subarray(17, 33)),
    secret: bytes.subarray(33, SIGNED_BYTES),
  };
}

/** A key that authenticates now. */
export type LiveApiKey = {
  keyId: string;
  tenantId: string;
  kind: ApiKeyKind;
  scopes: readonly string[];
  /** The role that its creator has now; null for a service key. */
  creatorRole: Role | null;
  /** Requests a second that an admin allows it; null leaves it the tenant's whole rate. */
  ratePerSecond: number | null;
};

type StoredKey = {
  secretHash: Buffer;
  kind: ApiKeyKind;
  scopes: string[];
  isService: boolean;
  creatorRole: Role | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
  ratePerSecond: number | null;
};

const KEYS = Symbol.for('ragtoolkit.api-keys');
const globals = globalThis as { [KEYS]?: LiveCache<StoredKey> };

function storedKeys(): LiveCache<StoredKey> {
  globals[KEYS] ??= new LiveCache('api-key', 50_000, async (cacheKey) => {
    const [tenantId = '', keyId = ''] = cacheKey.split('/');
    const [row] = await pool('platform')
      .db.select({
        secretHash: apiKeys.secretHash,
        kind: apiKeys.kind,
        scopes: apiKeys.scopes,
        isService: apiKeys.isService,
        // Whoever is disabled has no role anywhere, and so their keys have none.
        creatorRole: sql<Role | null>`case when ${users.disabledAt} is null then ${memberships.role} end`,
        expiresAt: apiKeys.expiresAt,
        revokedAt: apiKeys.revokedAt,
        ratePerSecond: apiKeys.ratePerSecond,
      })
      .from(apiKeys)
      .leftJoin(
        memberships,
        and(eq(memberships.tenantId, apiKeys.tenantId), eq(memberships.userId, apiKeys.createdBy)),
      )
      .leftJoin(users, eq(users.id, apiKeys.createdBy))
      .where(and(eq(apiKeys.tenantId, tenantId), eq(apiKeys.id, keyId)));
    return row ?? null;
  });
  return globals[KEYS];
}

/**
 * The live key behind a parsed one: known, of this kind and secret, neither expired nor revoked, its creator still a
 * member. Null otherwise. The expiry is compared here and not when the row is read, so that it acts at its second.
 */
export async function verifyApiKey(parsed: ParsedApiKey): Promise<LiveApiKey | null> {
  const stored = await storedKeys().get(`${parsed.tenantId}/${parsed.keyId}`);
  if (!stored || stored.revokedAt || stored.kind !== parsed.kind) return null;
  if (!stored.isService && !stored.creatorRole) return null;
  if (stored.expiresAt && stored.expiresAt.getTime() <= Date.now()) return null;
  if (!timingSafeEqual(hashSecret(parsed.secret), stored.secretHash)) return null;
  return {
    kind: stored.kind,
    keyId: parsed.keyId,
    tenantId: parsed.tenantId,
    // Whatever a row says: what everybody can read in a web page must never do more.
    scopes: stored.kind === 'publish' ? PUBLISH_SCOPES : stored.scopes,
    creatorRole: stored.isService ? null : stored.creatorRole,
    ratePerSecond: stored.ratePerSecond,
  };
}

/** Requests a second that an admin allows a key, by its id; null where nobody has said. */
export async function findKeyRate(key: { tenantId: string; keyId: string }): Promise<number | null> {
  return (await storedKeys().get(`${key.tenantId}/${key.keyId}`))?.ratePerSecond ?? null;
}

/** Tells every process, when the caller's transaction commits, that a key was made, changed or revoked. */
export async function announceApiKeyChange(db: Db, key: { tenantId: string; keyId: string }): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`api-key:${key.tenantId}/${key.keyId}`})`);
}

/**
 * The same for all keys that a person has made in a tenant: what they may do hangs on that person's membership. To be
 * called in the transaction that changes it.
 */
export async function announceKeysOf(db: Db, creator: { tenantId: string; userId: string }): Promise<void> {
  const keys = await db
    .select({ keyId: apiKeys.id })
    .from(apiKeys)
    .where(and(eq(apiKeys.tenantId, creator.tenantId), eq(apiKeys.createdBy, creator.userId)));
  for (const { keyId } of keys) await announceApiKeyChange(db, { tenantId: creator.tenantId, keyId });
}

/** The version of the secret that signs keys now, and the secret. */
export function newestSecret(): [number, string] {
  const newest = [...env().apiKeySecrets].sort(([a], [b]) => b - a)[0];
  if (!newest) throw new Error('API_KEY_SECRETS is empty');
  return newest;
}

function sign(signed: Buffer, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update(signed)
    .digest()
    .subarray(0, TOTAL_BYTES - SIGNED_BYTES);
}

function hashSecret(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}

function toBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
