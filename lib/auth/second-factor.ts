import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { and, count, eq, isNull, lt, or } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import type { Db } from '@/db/client';
import { recoveryCodes, secondFactors } from '@/db/schema/people';
import { env } from '@/lib/env';

/** What every authenticator understands (RFC 6238): SHA-1, six digits, 30 seconds. */
const totp = { issuer: 'RAG Toolkit', algorithm: 'SHA1', digits: 6, period: 30 } as const;
/** Clocks differ: the step before and the one after are taken as well. */
const WINDOW = 1;
const RECOVERY_CODES = 10;
const RECOVERY_ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A new secret as base32 (160 bits), and the address by which an authenticator takes it up. */
export function newTotpSecret(email: string): { secret: string; uri: string } {
  const secret = new Secret({ size: 20 });
  return { secret: secret.base32, uri: new TOTP({ ...totp, label: email, secret }).toString() };
}

/**
 * The time step of which a code is, among the present one and its neighbours, or null. All are computed and compared,
 * in constant time. `now` is in milliseconds since the epoch.
 */
export function matchTotp(secret: string, code: string, now: number = Date.now()): number | null {
  const given = Buffer.from(code);
  if (given.length !== totp.digits) return null;
  const generator = new TOTP({ ...totp, secret: Secret.fromBase32(secret) });
  const current = Math.floor(now / 1_000 / totp.period);
  let matched: number | null = null;
  for (let step = current - WINDOW; step <= current + WINDOW; step++) {
    const expected = Buffer.from(generator.generate({ timestamp: step * totp.period * 1_000 }));
    if (timingSafeEqual(expected, given)) matched = step;
  }
  return matched;
}

/** A secret as it is stored: AES-256-GCM with a key derived from AUTH_SECRET, bound to its person. */
export function encryptTotpSecret(userId: string, secret: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', encryptionKey(), nonce).setAAD(Buffer.from(userId));
  const body = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
  return `v1.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
}

/** The secret again. Throws an Error when it was stored for somebody else, changed, or under another AUTH_SECRET. */
export function decryptTotpSecret(userId: string, stored: string): string {
  const [version, packed = ''] = stored.split('.');
  if (version !== 'v1') throw new Error('a second factor of an unknown version');
  const bytes = Buffer.from(packed, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', encryptionKey(), nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(userId))
    .setAuthTag(tag);
  const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
}

function encryptionKey(): Buffer {
  return Buffer.from(hkdfSync('sha256', env().authSecret, '', 'ragtoolkit second factor', 32));
}

/**
 * Takes the six digits of an authenticator for a person whose second factor is (`confirmed`) or is about to be set up, in
 * the caller's transaction. A code works once, and none that is older than the last one taken. Answers whether it fits.
 */
export async function takeTotp(
  db: Db,
  userId: string,
  code: string,
  { confirmed }: { confirmed: boolean },
): Promise<boolean> {
  const [factor] = await db
    .select()
    .from(secondFactors)
    .where(eq(secondFactors.userId, userId))
    .for('update');
  if (!factor || (factor.confirmedAt !== null) !== confirmed) return false;
  const step = matchTotp(decryptTotpSecret(userId, factor.secretEncrypted), code);
  if (step === null) return false;
  const taken = await db
    .update(secondFactors)
    .set({ lastStep: step })
    .where(
      and(
        eq(secondFactors.userId, userId),
        or(isNull(secondFactors.lastStep), lt(secondFactors.lastStep, step)),
      ),
    )
    .returning({ step: secondFactors.lastStep });
  return taken.length > 0;
}

/** Takes one of a person's recovery codes, in the caller's transaction: of two at once one gets it. Answers whether it fits. */
export async function takeRecoveryCode(db: Db, userId: string, code: string): Promise<boolean> {
  const taken = await db
    .update(recoveryCodes)
    .set({ usedAt: new Date() })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.codeHash, hashRecoveryCode(code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return taken.length > 0;
}

/**
 * Takes what a person has typed as their second factor, six digits or a recovery code, in the caller's transaction.
 * Answers which of them it was, or null when it does not fit.
 */
export async function takeSecondFactor(
  db: Db,
  userId: string,
  typed: string,
): Promise<'totp' | 'recovery-code' | null> {
  const code = typed.replace(/\s/g, '');
  if (/^\d{6}$/.test(code)) return (await takeTotp(db, userId, code, { confirmed: true })) ? 'totp' : null;
  return (await takeRecoveryCode(db, userId, code)) ? 'recovery-code' : null;
}

/**
 * Gives a person ten new recovery codes instead of those they had, in the caller's transaction, and answers them: the only
 * time they can be seen. 80 random bits each, so their SHA-256 tells nothing.
 */
export async function renewRecoveryCodes(db: Db, userId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode);
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await db.insert(recoveryCodes).values(codes.map((code) => ({ userId, codeHash: hashRecoveryCode(code) })));
  return codes;
}

/** How many of a person's recovery codes have not been used. */
export async function countRecoveryCodes(db: Db, userId: string): Promise<number> {
  const [row] = await db
    .select({ left: count() })
    .from(recoveryCodes)
    .where(and(eq(recoveryCodes.userId, userId), isNull(recoveryCodes.usedAt)));
  return row?.left ?? 0;
}

/** `k3fm-9xq2-…`: 16 letters of an alphabet of 32, without those that are easily taken for others. */
function newRecoveryCode(): string {
  const letters = [...randomBytes(16)].map((byte) => RECOVERY_ALPHABET[byte % RECOVERY_ALPHABET.length]);
  return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join('')).join('-');
}

/** However it was typed: capitals, spaces and hyphens do not count. */
function hashRecoveryCode(code: string): string {
  const letters = code.toLowerCase().replace(/[^a-z0-9]/g, '');
  return createHash('sha256').update(letters).digest('hex');
}
