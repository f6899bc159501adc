import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt, sql } from 'drizzle-orm';
import { type Db, pool } from '@/db/client';
import { personTokens } from '@/db/schema/people';
import { lockPerson } from './sessions';

/** What the mailed link is for. */
export type TokenPurpose = 'verify-email' | 'reset-password' | 'change-email';

/** Whose token it is, and the address that its mail went to. */
export type PersonToken = { userId: string; email: string };

/** 256 random bits as base64url. */
const SHAPE = /^[\w-]{43}$/;

/**
 * Makes the token of a mailed link, in the caller's transaction, and takes back those made before for the same purpose: of
 * several links only the newest works. `maxAge` is in seconds. The database keeps its SHA-256.
 */
export async function mintPersonToken(
  db: Db,
  given: PersonToken & { purpose: TokenPurpose; maxAge: number },
): Promise<string> {
  const { purpose, userId, email, maxAge } = given;
  await lockPerson(db, userId); // two at once take turns, so that one of them is the newest
  await dropPersonTokens(db, userId, purpose);
  const token = randomBytes(32).toString('base64url');
  await db.insert(personTokens).values({
    tokenHash: hashToken(token),
    purpose,
    userId,
    email,
    expiresAt: sql`now() + make_interval(secs => ${maxAge})`,
  });
  return token;
}

/** Whose token this is, or null when it is unknown, used or expired. Changes nothing: a mail scanner may look as well. */
export async function findPersonToken(token: string, purpose: TokenPurpose): Promise<PersonToken | null> {
  if (!SHAPE.test(token)) return null;
  const [row] = await pool('platform')
    .db.select({ userId: personTokens.userId, email: personTokens.email })
    .from(personTokens)
    .where(isValid(token, purpose));
  return row ?? null;
}

/**
 * Takes a token out, in the caller's transaction: of two at once one gets it. Null when it is unknown, used or expired,
 * or not `owner`'s, whose it then still is.
 */
export async function takePersonToken(
  db: Db,
  token: string,
  purpose: TokenPurpose,
  owner?: string,
): Promise<PersonToken | null> {
  if (!SHAPE.test(token)) return null;
  const [row] = await db
    .delete(personTokens)
    .where(and(isValid(token, purpose), owner ? eq(personTokens.userId, owner) : undefined))
    .returning({ userId: personTokens.userId, email: personTokens.email });
  return row ?? null;
}

/** Takes back all open tokens of a person, or those of one purpose, in the caller's transaction. */
export async function dropPersonTokens(db: Db, userId: string, purpose?: TokenPurpose): Promise<void> {
  await db
    .delete(personTokens)
    .where(and(eq(personTokens.userId, userId), purpose ? eq(personTokens.purpose, purpose) : undefined));
}

function isValid(token: string, purpose: TokenPurpose) {
  return and(
    eq(personTokens.tokenHash, hashToken(token)),
    eq(personTokens.purpose, purpose),
    gt(personTokens.expiresAt, sql`now()`),
  );
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
