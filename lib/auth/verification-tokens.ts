import { and, eq } from 'drizzle-orm';
import type { Adapter, AdapterUser } from 'next-auth/adapters';
import { pool } from '@/db/client';
import { users, verificationTokens } from '@/db/schema/people';
import { isUuid } from '@/lib/ids';

/**
 * The part of next-auth's adapter that mailed links need: people are found, never made, because a person comes into
 * being by sign-up or invitation. Tokens are stored as next-auth hashes them and taken out by the first use.
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
    async getUser(id) {
      const [row] = isUuid(id) ? await db.select().from(users).where(eq(users.id, id)) : [];
      return row ? toAdapterUser(row) : null;
    },
    async getUserByEmail(email) {
      const [row] = await db.select().from(users).where(eq(users.email, email.toLowerCase()));
      return row ? toAdapterUser(row) : null;
    },
    async getUserByAccount() {
      return null;
    },
    /** A link was followed: the address is theirs. Nothing else of a person is changed from here. */
    async updateUser({ id }) {
      const [row] = await db
        .update(users)
        .set({ emailVerifiedAt: new Date() })
        .where(eq(users.id, id))
        .returning();
      if (!row) throw new Error('No such user');
      return toAdapterUser(row);
    },
    async createUser() {
      throw new Error('People are made by sign-up, not by a sign-in link');
    },
  } as Adapter;
}

function toAdapterUser(row: typeof users.$inferSelect): AdapterUser {
  return { id: row.id, email: row.email, emailVerified: row.emailVerifiedAt };
}
