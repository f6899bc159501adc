import { desc, eq } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import { pool } from '@/db/client';
import { auditLog } from '@/db/schema/audit';
import { mailOutbox } from '@/db/schema/mail';
import { withPlatform } from '@/db/tenant';
import { encodeSessionToken } from '@/lib/auth/session-cookie';
import { openSession, readSession, type Session } from '@/lib/auth/sessions';
import { beginSecondFactor, confirmSecondFactor } from '@/lib/workflows/second-factor/mutations';
import { confirmAddresses, password, type TestPerson } from '@/tests/support/factories';

const { db } = pool('platform');

/** The session behind a cookie. Throws where there is none. */
export async function sessionOf({ token }: Pick<TestPerson, 'token'>): Promise<Session> {
  const session = await readSession(token);
  if (!session) throw new Error('nobody is signed in');
  return session;
}

/** Another sign-in of the person, as its cookie. */
export async function signInAgain(userId: string): Promise<string> {
  return encodeSessionToken(await withPlatform((tx) => openSession(tx, userId, { method: 'password' })));
}

/** The mails to an address, the newest first. */
export function mailsTo(address: string) {
  return db
    .select()
    .from(mailOutbox)
    .where(eq(mailOutbox.toAddress, address))
    .orderBy(desc(mailOutbox.createdAt));
}

/** The token in the newest mail to an address that has one. */
export async function mailedToken(address: string, path: string): Promise<string> {
  for (const { text } of await mailsTo(address)) {
    const found = new RegExp(`${path}\\?token=([\\w-]+)`).exec(text)?.[1];
    if (found) return found;
  }
  throw new Error(`no mail to ${address} leads to ${path}`);
}

/** What the audit log of a tenant says of one kind of change. */
export async function auditOf(tenantId: string, action: string) {
  const rows = await db.select().from(auditLog).where(eq(auditLog.tenantId, tenantId));
  return rows.filter((row) => row.action === action);
}

/** The code that an authenticator shows, `steps` of 30 seconds from now. */
export function codeOf(secret: string, steps = 0): string {
  const timestamp = Date.now() + steps * 30_000;
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
}

/** Turns the second factor on for somebody with the usual password. The present code is used up by it. */
export async function enrol(session: Session): Promise<{ secret: string; codes: string[] }> {
  await confirmAddresses(session);
  const { secret } = await beginSecondFactor({ ...session, isEmailVerified: true }, { password });
  const codes = await confirmSecondFactor(session, { code: codeOf(secret) });
  return { secret, codes };
}
