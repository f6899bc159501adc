import { createHash, randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import type { Adapter, AdapterUser } from 'next-auth/adapters';
import { type Db, pool } from '@/db/client';
import { users, verificationTokens } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { env } from '@/lib/env';
import { urlOf } from '@/lib/gateway/hosts';
import { proveAddress } from './address-proof';
import { findPersonByAccount } from './provider-accounts';
import { isProviderId } from './providers';

/**
 * The part of next-auth's adapter that mailed links and providers need: people are found, never made, because a person
 * comes into being by sign-up, by invitation or in `findOrLinkPerson`. Tokens are stored as next-auth hashes them and
 * taken out by the first use.
 */
export function verificationTokenAdapter(): Adapter {
  const { db } = pool('platform');
  return {
    async createVerificationToken({ identifier, token, expires }) {
      await db.insert(verificationTokens).values({ identifier, token, expiresAt: expires });
      return { identifier, token, expires };
    },
    async useVerificationToken({ identifier, token }) {
      const [row] = await db
        .delete(verificationTokens)
        .where(and(eq(verificationTokens.identifier, identifier), eq(verificationTokens.token, token)))
        .returning();
      return row ? { identifier: row.identifier, token: row.token, expires: row.expiresAt } : null;
    },
    /**
     * Asked for the person of the browser's session, to whom next-auth would link what is proved next. Who signs in is
     * told by the proof alone: a cookie may be of a session that has ended, or of somebody else.
     */
    async getUser() {
      return null;
    },
    async getUserByEmail(email) {
      const [row] = await db.select().from(users).where(eq(users.email, email.toLowerCase()));
      return row ? toAdapterUser(row) : null;
    },
    async getUserByAccount({ provider, providerAccountId: accountId }) {
      const person = isProviderId(provider) ? await findPersonByAccount({ provider, accountId }) : null;
      return person ? toAdapterUser(person) : null;
    },
    /** A link was followed: the address is theirs. Nothing else of a person is changed from here. */
    async updateUser({ id }) {
      return withPlatform(async (tx) => {
        await proveAddress(tx, id);
        const [row] = await tx.select().from(users).where(eq(users.id, id));
        if (!row) throw new Error('No such user');
        return toAdapterUser(row);
      });
    },
    async createUser() {
      throw new Error('People are made by sign-up, not by a sign-in link');
    },
  } as Adapter;
}

/**
 * A link that signs a person in at cloud, once, and leads on to `next`, made as next-auth makes those it mails: for mails
 * that are queued in the caller's transaction. `maxAge` is in seconds. Following it proves that the address is theirs.
 */
export async function mintSignInLink(
  db: Db,
  link: { email: string; next: string; maxAge: number },
): Promise<string> {
  const token = randomBytes(32).toString('hex');
  await db.insert(verificationTokens).values({
    identifier: link.email,
    token: createHash('sha256').update(`${token}${env().authSecret}`).digest('hex'),
    expiresAt: new Date(Date.now() + link.maxAge * 1000),
  });
  const query = new URLSearchParams({ callbackUrl: link.next, token, email: link.email });
  return urlOf('cloud', `/api/auth/callback/email?${query}`);
}

/** Throws away the tokens that were made for an address, inside the caller's transaction. */
export async function discardVerificationTokens(db: Db, email: string): Promise<void> {
  await db.delete(verificationTokens).where(eq(verificationTokens.identifier, email));
}

function toAdapterUser(
  row: Pick<typeof users.$inferSelect, 'id' | 'email' | 'emailVerifiedAt'>,
): AdapterUser {
  return { id: row.id, email: row.email, emailVerified: row.emailVerifiedAt };
}
