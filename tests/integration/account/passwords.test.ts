import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { credentials, personTokens, sessions, users } from '@/db/schema/people';
import { verifyPassword } from '@/lib/auth/passwords';
import { readPendingSession, readSession } from '@/lib/auth/sessions';
import { mintSignInLink } from '@/lib/auth/verification-tokens';
import { requestPasswordReset as askAsBrowser } from '@/lib/workflows/passwords/actions';
import { changePassword, requestPasswordReset, resetPassword } from '@/lib/workflows/passwords/mutations';
import { isResetLinkValid } from '@/lib/workflows/passwords/queries';
import { makePerson, makeTenant, password, unique } from '@/tests/support/factories';
import { auditOf, enrol, mailedToken, mailsTo, sessionOf, signInAgain } from './support';

const { db } = pool('platform');
const fresh = 'another horse battery';

/** What Next would run once the answer is sent. */
const afterwards = vi.hoisted(() => [] as (() => unknown)[]);
vi.mock('next/server', () => ({ after: (work: () => unknown) => afterwards.push(work) }));
vi.mock('next/headers', () => ({
  headers: async () => new Headers(),
  cookies: async () => ({ get: () => undefined }),
}));
beforeEach(() => {
  afterwards.length = 0;
});

async function fits(userId: string, given: string): Promise<boolean> {
  const [row] = await db.select().from(credentials).where(eq(credentials.userId, userId));
  return verifyPassword(given, row?.passwordHash ?? null);
}

async function resetToken(email: string): Promise<string> {
  await requestPasswordReset(email);
  return mailedToken(email, '/reset-password');
}

describe('asking for a new password', () => {
  test('answers before anybody has looked whether there is an account', async () => {
    const { admin } = await makeTenant();
    const stranger = `nobody-${unique()}@example.com`;
    for (const email of [admin.email, stranger])
      expect(await askAsBrowser({ email })).toEqual({ ok: true, data: {} });
    const about = (address: string) =>
      mailsTo(address).then((mails) => mails.filter(({ subject }) => subject === 'Set a new password'));
    expect(await about(admin.email)).toHaveLength(0);
    for (const work of afterwards) await work();
    expect(await about(admin.email)).toHaveLength(1);
    expect(await about(stranger)).toHaveLength(0);
  });

  test('is limited by address, whether or not it has an account', async () => {
    const { admin } = await makeTenant();
    for (const email of [admin.email, `nobody-${unique()}@example.com`]) {
      for (let i = 0; i < 5; i++) expect(await askAsBrowser({ email })).toMatchObject({ ok: true });
      expect(await askAsBrowser({ email: ` ${email.toUpperCase()}` })).toMatchObject({
        ok: false,
        error: { code: 'rate_limited' },
      });
    }
  });

  test('keeps no more than a hash of the token, for an hour', async () => {
    const { admin } = await makeTenant();
    const token = await resetToken(admin.email);
    const [row] = (await db.select().from(personTokens).where(eq(personTokens.userId, admin.userId))).filter(
      ({ purpose }) => purpose === 'reset-password',
    );
    expect(row?.tokenHash).not.toContain(token);
    expect((row?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(3_600_000 + 1_000);
  });
});

describe('resetPassword', () => {
  test('sets it, ends every session, proves the address, and tells the person and their tenants', async () => {
    const tenant = await makeTenant();
    const { admin } = tenant;
    const second = await signInAgain(admin.userId);
    const token = await resetToken(admin.email);
    expect(await isResetLinkValid(token)).toBe(true);
    expect(await isResetLinkValid(token)).toBe(true); // a mail scanner has looked; nothing is used up
    await resetPassword({ token, password: fresh });
    expect([await fits(admin.userId, fresh), await fits(admin.userId, password)]).toEqual([true, false]);
    for (const cookie of [admin.token, second]) expect(await readSession(cookie)).toBeNull();
    const [person] = await db.select().from(users).where(eq(users.id, admin.userId));
    expect(person?.emailVerifiedAt).toBeInstanceOf(Date);
    expect((await mailsTo(admin.email))[0]?.subject).toBe('Your password was changed');
    expect(await auditOf(tenant.id, 'user.change_password')).toMatchObject([
      { actorId: admin.userId, before: null, after: { sessionsEnded: 2 } },
    ]);
    await expect(resetPassword({ token, password })).rejects.toMatchObject({ code: 'not_found' });
    expect(await isResetLinkValid(token)).toBe(false);
  });

  test('takes an account out of the hands of who made it with somebody else’s address', async () => {
    const { admin: squatter } = await makeTenant();
    await enrol(await sessionOf(squatter));
    await db.update(users).set({ emailVerifiedAt: null }).where(eq(users.id, squatter.userId));
    await resetPassword({ token: await resetToken(squatter.email), password: fresh });
    expect(await readSession(squatter.token)).toBeNull();
    expect(await readSession(await signInAgain(squatter.userId))).not.toBeNull(); // no code of theirs is asked for
  });

  test('works for somebody who never had a password', async () => {
    const person = await makePerson(await makeTenant(), 'viewer');
    await resetPassword({ token: await resetToken(person.email), password: fresh });
    expect(await fits(person.userId, fresh)).toBe(true);
  });

  test('takes the newest link only, once, and no other token', async () => {
    const { admin } = await makeTenant();
    const older = await resetToken(admin.email);
    const newer = await resetToken(admin.email);
    const verification = await mailedToken(admin.email, '/verify-email');
    for (const token of [
      older,
      verification,
      '',
      'x',
      "' or true --",
      '\u0000\ud800',
      newer.slice(1),
      `${newer}x`,
    ])
      await expect(resetPassword({ token, password: fresh })).rejects.toMatchObject({ code: 'not_found' });
    const results = await Promise.allSettled(
      [1, 2, 3].map(() => resetPassword({ token: newer, password: fresh })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('of two links asked for at once one works', async () => {
    const { admin } = await makeTenant();
    await Promise.all([requestPasswordReset(admin.email), requestPasswordReset(admin.email)]);
    const tokens = (await mailsTo(admin.email)).flatMap(
      ({ text }) => /reset-password\?token=([\w-]+)/.exec(text)?.[1] ?? [],
    );
    const valid = await Promise.all(tokens.map(isResetLinkValid));
    expect(valid.filter(Boolean)).toHaveLength(1);
  });

  test('does not stand in the way of asking for another at the same time', async () => {
    const { admin } = await makeTenant();
    for (let round = 0; round < 5; round++) {
      const token = await resetToken(admin.email);
      const results = await Promise.allSettled([
        resetPassword({ token, password: fresh }),
        requestPasswordReset(admin.email),
        requestPasswordReset(admin.email),
        signInAgain(admin.userId),
      ]);
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'not_found' });
    }
  });

  test('is over after an hour', async () => {
    const { admin } = await makeTenant();
    const token = await resetToken(admin.email);
    await db
      .update(personTokens)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(personTokens.userId, admin.userId));
    await expect(resetPassword({ token, password: fresh })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('does not get by the second factor, and ends sign-ins that wait for it', async () => {
    const { admin } = await makeTenant();
    await enrol(await sessionOf(admin));
    const waiting = await signInAgain(admin.userId);
    await resetPassword({ token: await resetToken(admin.email), password: fresh });
    expect(await readPendingSession(waiting)).toBeNull();
    const next = await signInAgain(admin.userId);
    expect([await readSession(next), (await readPendingSession(next))?.userId]).toEqual([null, admin.userId]);
  });

  test('takes back the sign-in links that were mailed before', async () => {
    const { admin } = await makeTenant();
    const link = new URL(await mintSignInLink(db, { email: admin.email, next: '/', maxAge: 600 }));
    await resetPassword({ token: await resetToken(admin.email), password: fresh });
    const { verificationTokenAdapter } = await import('@/lib/auth/verification-tokens');
    const { createHash } = await import('node:crypto');
    const token = createHash('sha256')
      .update(`${link.searchParams.get('token')}${process.env.AUTH_SECRET}`)
      .digest('hex');
    expect(
      await verificationTokenAdapter().useVerificationToken?.({ identifier: admin.email, token }),
    ).toBeNull();
  });
});

describe('changePassword', () => {
  test('wants the present one, and keeps only the session that asks', async () => {
    const tenant = await makeTenant();
    const { admin } = tenant;
    const other = await signInAgain(admin.userId);
    const session = await sessionOf(admin);
    for (const given of [undefined, '', 'not the password'])
      await expect(changePassword(session, { password: given, newPassword: fresh })).rejects.toMatchObject({
        code: 'invalid_input',
        issues: [{ path: 'password' }],
      });
    expect(await fits(admin.userId, password)).toBe(true);
    const token = await resetToken(admin.email);
    await changePassword(session, { password, newPassword: fresh });
    expect(await fits(admin.userId, fresh)).toBe(true);
    expect(await readSession(other)).toBeNull();
    expect(await readSession(admin.token)).not.toBeNull();
    expect(await isResetLinkValid(token)).toBe(false);
  });

  test('counts tries in the same bucket as signing in', async () => {
    const { admin } = await makeTenant();
    const session = await sessionOf(admin);
    for (let i = 0; i < 10; i++)
      await expect(changePassword(session, { password: 'wrong', newPassword: fresh })).rejects.toMatchObject({
        code: 'invalid_input',
      });
    await expect(changePassword(session, { password, newPassword: fresh })).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });

  test('sets one where none is, in a fresh session only', async () => {
    const person = await makePerson(await makeTenant(), 'analyst');
    const session = await sessionOf(person);
    await db
      .update(sessions)
      .set({ createdAt: new Date(Date.now() - 11 * 60_000) })
      .where(eq(sessions.id, person.sessionId));
    await expect(changePassword(await sessionOf(person), { newPassword: fresh })).rejects.toMatchObject({
      code: 'forbidden',
    });
    await changePassword(session, { newPassword: fresh });
    expect(await fits(person.userId, fresh)).toBe(true);
  });
});
