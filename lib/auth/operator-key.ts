import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { operatorKeys } from '@/db/schema/operator';
import { users } from '@/db/schema/people';
import { env } from '@/lib/env';
import { newId } from '@/lib/ids';
import { logError } from '@/lib/log';
import { CHANGE_CHANNEL, LiveCache } from '@/lib/tenancy/live-cache';
import { newestSecret } from './api-key';
import { isOperatorNow } from './operators';

/**
 * Keys of operators' scripts: `rto_` and base64url of
 *   version (1 byte) ‖ key id (16) ‖ random (32) ‖ HMAC-SHA-256 of all before it, first 8 bytes,
 * signed as tenants' keys are (docs/adr/0003), under a name of their own: neither kind can be made into the other. The
 * random part, of which the database keeps the SHA-256, is what authenticates.
 */
const PREFIX = 'rto_';
const SIGNED_BYTES = 49;
const TOTAL_BYTES = 57;
const SHAPE = /^rto_([\w-]{76})$/;
const CAPACITY = 1_000;
const NOTE_EVERY_MS = 60_000;

type ParsedOperatorKey = { keyId: string; secret: Buffer };

/** Makes a new operator key. `key` is shown once; `secretHash` is what is stored. */
export function mintOperatorKey(): { keyId: string; key: string; secretHash: Buffer } {
  const keyId = newId();
  const secret = randomBytes(32);
  const [version, signingSecret] = newestSecret();
  const signed = Buffer.concat([Buffer.of(version), Buffer.from(keyId.replaceAll('-', ''), 'hex'), secret]);
  const key = PREFIX + Buffer.concat([signed, sign(signed, signingSecret)]).toString('base64url');
  return { keyId, key, secretHash: hash(secret) };
}

/** Whether a text is meant to be an operator's key. */
export function isOperatorKey(text: string): boolean {
  return text.startsWith(PREFIX);
}

/** Reads a key and checks its signature. Null for anything malformed or forged. No I/O. */
export function parseOperatorKey(text: string): ParsedOperatorKey | null {
  const [, encoded] = SHAPE.exec(text) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64url');
  if (bytes.length !== TOTAL_BYTES) return null;
  const signingSecret = env().apiKeySecrets.get(bytes.readUInt8(0));
  const signed = bytes.subarray(0, SIGNED_BYTES);
  if (!signingSecret || !timingSafeEqual(sign(signed, signingSecret), bytes.subarray(SIGNED_BYTES)))
    return null;
  const hex = bytes.toString('hex', 1, 17);
  const keyId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { keyId, secret: bytes.subarray(17, SIGNED_BYTES) };
}

type Stored = { name: string; secretHash: Buffer; expiresAt: Date | null };

const KEYS = Symbol.for('ragtoolkit.operator-keys');
const globals = globalThis as { [KEYS]?: LiveCache<Stored> };

function storedKeys(): LiveCache<Stored> {
  globals[KEYS] ??= new LiveCache('operator-key', CAPACITY, async (id) => {
    const [row] = await pool('platform')
      .db.select({
        name: operatorKeys.name,
        secretHash: operatorKeys.secretHash,
        expiresAt: operatorKeys.expiresAt,
      })
      .from(operatorKeys)
      .innerJoin(users, eq(users.id, operatorKeys.createdBy))
      .where(
        and(
          eq(operatorKeys.id, id),
          isNull(operatorKeys.revokedAt),
          isNull(users.disabledAt),
          isOperatorNow(),
        ),
      );
    return row ?? null;
  });
  return globals[KEYS];
}

/**
 * The live key behind a text: signed by us, known, neither revoked nor expired, its maker an operator still and not disabled.
 * Null otherwise. Throws what the database does when it has to be asked.
 */
export async function verifyOperatorKey(text: string): Promise<{ id: string; name: string } | null> {
  const parsed = parseOperatorKey(text);
  const stored = parsed && (await storedKeys().get(parsed.keyId));
  if (!stored || (stored.expiresAt && stored.expiresAt.getTime() <= Date.now())) return null;
  if (!timingSafeEqual(hash(parsed.secret), stored.secretHash)) return null;
  return { id: parsed.keyId, name: stored.name };
}

/** Notes that a key is in use: at most once a minute, and no request waits for it. */
export function noteOperatorKeyUse(id: string): void {
  pool('platform')
    .db.update(operatorKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      and(
        eq(operatorKeys.id, id),
        or(
          isNull(operatorKeys.lastUsedAt),
          lt(operatorKeys.lastUsedAt, sql`now() - make_interval(secs => ${NOTE_EVERY_MS / 1_000})`),
        ),
      ),
    )
    .catch((error: unknown) => logError(error, 'the use of an operator key could not be noted'));
}

/** Tells every process, when the caller's transaction commits, that an operator key was made or revoked. */
export async function announceOperatorKeyChange(db: Db, id: string): Promise<void> {
  await db.execute(sql`select pg_notify(${CHANGE_CHANNEL}, ${`operator-key:${id}`})`);
}

/**
 * The same for all keys that a person has made: what they are worth hangs on whether that person is an operator. To be called
 * in the transaction that may change it.
 */
export async function announceOperatorKeysOf(db: Db, userId: string): Promise<void> {
  const keys = await db
    .select({ id: operatorKeys.id })
    .from(operatorKeys)
    .where(eq(operatorKeys.createdBy, userId));
  for (const { id } of keys) await announceOperatorKeyChange(db, id);
}

function sign(signed: Buffer, secret: string): Buffer {
  return createHmac('sha256', secret)
    .update('operator-key')
    .update(signed)
    .digest()
    .subarray(0, TOTAL_BYTES - SIGNED_BYTES);
}

function hash(secret: Buffer): Buffer {
  return createHash('sha256').update(secret).digest();
}
