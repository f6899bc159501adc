import { and, eq, isNull } from 'drizzle-orm';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { recoveryCodes, secondFactors, sessions } from '@/db/schema/people';
import { authenticate } from '@/lib/auth/credentials';
import { decodeSessionToken, encodeSessionToken, sessionCookie } from '@/lib/auth/session-cookie';
import { readPendingSession, readSession, readTenantSession, revokeSession } from '@/lib/auth/sessions';
import { newId } from '@/lib/ids';
import {
  beginSecondFactor,
  completeSignIn,
  confirmSecondFactor,
  disableSecondFactor,
  renewCodes,
} from '@/lib/workflows/second-factor/mutations';
import { signOutEverywhere } from '@/lib/workflows/sessions/mutations';
import {
  confirmAddresses,
  makePerson,
  makeTenant,
  password,
  type TestPerson,
  type TestTenant,
} from '@/tests/support/factories';
import { auditOf, codeOf, enrol, mailsTo, sessionOf, signInAgain } from './support';

const { db } = pool('platform');
/** The person's session, once their address is confirmed. */
async function verified(person: TestPerson) {
  await confirmAddresses(person);
  return sessionOf(person);
}

const wrong = { code: 'invalid_input', issues: [{ path: 'code' }] };

/** A tenant whose admin has a second factor. */
async function makeGuarded(): Promise<{ tenant: TestTenant; secret: string; codes: string[] }> {
  const tenant = await makeTenant();
  return { tenant, ...(await enrol(await sessionOf(tenant.admin))) };
}

/** A session that owes nothing. */
async function whole(userId: string) {
  const id = newId();
  await db.insert(sessions).values({ id, userId, expiresAt: new Date(Date.now() + 60_000) });
  return { sid: id, sub: userId };
}

async function pendingOf(token: string) {
  const pending = await readPendingSession(token);
  if (!pending) throw new Error('no sign-in waits');
  return pending;
}

describe('turning the second factor on', () => {
  test('wants a confirmed address: who confirms it first would be rid of the factor', async () => {
    const session = await sessionOf((await makeTenant()).admin);
    await expect(beginSecondFactor(session, { password })).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('asks for the password, shows the secret once as text and picture, and stores it unreadably', async () => {
    const tenant = await makeTenant();
    const session = await verified(tenant.admin);
    for (const given of [{}, { password: '' }, { password: 'not the password' }])
      await expect(beginSecondFactor(session, given)).rejects.toMatchObject({
        code: 'invalid_input',
        issues: [{ path: 'password' }],
      });
    const { secret, qrCode } = await beginSecondFactor(session, { password });
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(qrCode).toMatch(/^data:image\/svg\+xml;base64,/);
    const [row] = await db.select().from(secondFactors).where(eq(secondFactors.userId, session.userId));
    expect(row?.confirmedAt).toBeNull();
    expect(row?.secretEncrypted).not.toContain(secret);
  });

  test('takes a session without a password for its owner only while it is fresh', async () => {
    const tenant = await makeTenant();
    const person = await makePerson(tenant, 'viewer');
    await expect(beginSecondFactor(await verified(person), {})).resolves.toBeTruthy();
    await db
      .update(sessions)
      .set({ createdAt: new Date(Date.now() - 11 * 60_000) })
      .where(eq(sessions.id, person.sessionId));
    await expect(beginSecondFactor(await verified(person), {})).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('counts only from the first code on, gives ten recovery codes, and says so', async () => {
    const tenant = await makeTenant();
    const session = await verified(tenant.admin);
    const { secret } = await beginSecondFactor(session, { password });
    expect(await readSession(await signInAgain(session.userId))).not.toBeNull();
    for (const code of ['000000', '', 'abc', codeOf(secret, 5), codeOf(secret, -5), ` ${secret}`])
      await expect(confirmSecondFactor(session, { code })).rejects.toMatchObject(wrong);
    const codes = await confirmSecondFactor(session, { code: codeOf(secret) });
    expect(new Set(codes).size).toBe(10);
    const stored = await db.select().from(recoveryCodes).where(eq(recoveryCodes.userId, session.userId));
    expect(stored).toHaveLength(10);
    for (const { codeHash } of stored) expect(codeHash).toMatch(/^[0-9a-f]{64}$/);
    const [row] = await auditOf(tenant.id, 'user.enable_second_factor');
    expect(row).toMatchObject({ actorKind: 'user', actorId: session.userId, actorEmail: session.email });
    expect(JSON.stringify([row?.before, row?.after])).not.toContain(secret);
    expect((await mailsTo(session.email))[0]?.subject).toBe('Two-factor sign-in is on');
    await expect(beginSecondFactor(session, { password })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('of two confirmations at once one is heard', async () => {
    const tenant = await makeTenant();
    const session = await verified(tenant.admin);
    const { secret } = await beginSecondFactor(session, { password });
    const code = codeOf(secret);
    const results = await Promise.allSettled([1, 2, 3].map(() => confirmSecondFactor(session, { code })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const rows = await db.select().from(recoveryCodes).where(eq(recoveryCodes.userId, session.userId));
    expect(rows).toHaveLength(10);
  });

  test('counts tries: not even the right code is heard after too many', async () => {
    const tenant = await makeTenant();
    const session = await verified(tenant.admin);
    const { secret } = await beginSecondFactor(session, { password });
    const tries = await Promise.allSettled(
      Array.from({ length: 10 }, () => confirmSecondFactor(session, { code: '000000' })),
    );
    for (const one of tries) expect(one).toMatchObject({ status: 'rejected', reason: wrong });
    await expect(confirmSecondFactor(session, { code: codeOf(secret) })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfter: expect.any(Number),
    });
  });
});

describe('a sign-in that waits for the second factor', () => {
  let guarded: Awaited<ReturnType<typeof makeGuarded>>;
  beforeAll(async () => {
    guarded = await makeGuarded();
  });

  test('is nobody to pages, actions and the API', async () => {
    const { tenant } = guarded;
    const token = await signInAgain(tenant.admin.userId);
    expect(await readSession(token)).toBeNull();
    expect(await readTenantSession(token, tenant.id)).toBeNull();
    const source = {
      host: tenant.host,
      method: 'GET',
      origin: null,
      authorization: null,
      apiKey: null,
      cookie: `${sessionCookie().name}=${token}`,
    };
    await expect(authenticate(source, 'test')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await readPendingSession(token)).toMatchObject({ userId: tenant.admin.userId });
    expect(await readPendingSession(tenant.admin.token)).toBeNull();
  });

  test('ends after ten minutes, and by signing out', async () => {
    const [late, left] = [
      await signInAgain(guarded.tenant.admin.userId),
      await signInAgain(guarded.tenant.admin.userId),
    ];
    const sid = (await decodeSessionToken(late))?.sid ?? '';
    const [row] = await db.select().from(sessions).where(eq(sessions.id, sid));
    expect((row?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(600_000);
    await db
      .update(sessions)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(sessions.id, sid));
    expect(await readPendingSession(late)).toBeNull();
    await revokeSession((await decodeSessionToken(left))?.sid ?? '');
    expect(await readPendingSession(left)).toBeNull();
  });

  test('becomes another, whole session by a code, and the code works once', async () => {
    const { tenant, secret } = await makeGuarded();
    const [one, two] = [await signInAgain(tenant.admin.userId), await signInAgain(tenant.admin.userId)];
    const code = codeOf(secret, 1);
    await expect(completeSignIn(await pendingOf(one), { code: '000000' })).rejects.toMatchObject(wrong);
    const session = await completeSignIn(await pendingOf(one), {
      code: `${code.slice(0, 3)} ${code.slice(3)}`,
    });
    expect(session.sid).not.toBe((await decodeSessionToken(one))?.sid);
    expect(await readSession(await encodeSessionToken(session))).toMatchObject({
      userId: tenant.admin.userId,
    });
    for (const old of [one])
      expect([await readSession(old), await readPendingSession(old)]).toEqual([null, null]);
    await expect(completeSignIn(await pendingOf(two), { code })).rejects.toMatchObject(wrong);
    // The step before is older than the last one taken.
    await expect(completeSignIn(await pendingOf(two), { code: codeOf(secret, -1) })).rejects.toMatchObject(
      wrong,
    );
  });

  test('of several with the same code at once one gets in', async () => {
    const { tenant, secret } = await makeGuarded();
    const waiting = await Promise.all(
      [1, 2, 3].map(async () => pendingOf(await signInAgain(tenant.admin.userId))),
    );
    const code = codeOf(secret, 1);
    const results = await Promise.allSettled(waiting.map((pending) => completeSignIn(pending, { code })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('is completed once, though two codes fit', async () => {
    const { tenant, secret, codes } = await makeGuarded();
    const pending = await pendingOf(await signInAgain(tenant.admin.userId));
    const results = await Promise.allSettled([
      completeSignIn(pending, { code: codeOf(secret, 1) }),
      completeSignIn(pending, { code: codes[0] ?? '' }),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('takes a recovery code, once, however it is typed, and the person hears of it', async () => {
    const { tenant, codes } = await makeGuarded();
    const waiting = await Promise.all(
      [1, 2, 3].map(async () => pendingOf(await signInAgain(tenant.admin.userId))),
    );
    const code = (codes[3] ?? '').toUpperCase().replaceAll('-', ' ');
    const results = await Promise.allSettled(waiting.map((pending) => completeSignIn(pending, { code })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const [mail] = await mailsTo(tenant.admin.email);
    expect(mail?.subject).toBe('A recovery code was used');
    expect(mail?.text).toContain('9 are left');
    expect(await auditOf(tenant.id, 'user.use_recovery_code')).toMatchObject([{ after: { codesLeft: 9 } }]);
  });

  test('gets no session past a sign-out everywhere', async () => {
    const { tenant, codes } = await makeGuarded();
    for (const code of codes.slice(0, 5)) {
      const session = await sessionOf({ token: await encodeSessionToken(await whole(tenant.admin.userId)) });
      const pending = await pendingOf(await signInAgain(tenant.admin.userId));
      const [completed] = await Promise.allSettled([
        completeSignIn(pending, { code }),
        signOutEverywhere(session, { keepThis: false }),
      ]);
      const open = await db
        .select({ id: sessions.id })
        .from(sessions)
        .where(and(eq(sessions.userId, session.userId), isNull(sessions.revokedAt)));
      // Either it was there first and was ended, or its pending one was ended before: never a session that stays.
      expect(open).toEqual([]);
      if (completed.status === 'rejected')
        expect(completed.reason).toMatchObject({ code: 'unauthenticated' });
    }
  });

  test('takes nobody else’s codes', async () => {
    const [mine, theirs] = [await makeGuarded(), await makeGuarded()];
    const pending = await pendingOf(await signInAgain(mine.tenant.admin.userId));
    for (const code of [codeOf(theirs.secret, 1), theirs.codes[0] ?? ''])
      await expect(completeSignIn(pending, { code })).rejects.toMatchObject(wrong);
  });
});

describe('recovery codes', () => {
  test('are replaced for a code, and those before are worth nothing', async () => {
    const { tenant, secret, codes } = await makeGuarded();
    const session = await sessionOf(tenant.admin);
    await expect(renewCodes(session, { code: '000000' })).rejects.toMatchObject(wrong);
    const fresh = await renewCodes(session, { code: codeOf(secret, 1) });
    expect(fresh.some((code) => codes.includes(code))).toBe(false);
    expect(await auditOf(tenant.id, 'user.renew_recovery_codes')).toHaveLength(1);
    const pending = await pendingOf(await signInAgain(tenant.admin.userId));
    await expect(completeSignIn(pending, { code: codes[0] ?? '' })).rejects.toMatchObject(wrong);
    await expect(completeSignIn(pending, { code: fresh[0] ?? '' })).resolves.toBeTruthy();
  });
});

describe('turning the second factor off', () => {
  test('wants a code; afterwards a sign-in is whole at once, and what waited has ended', async () => {
    const { tenant, codes } = await makeGuarded();
    const session = await sessionOf(tenant.admin);
    const waiting = await signInAgain(tenant.admin.userId);
    for (const code of ['000000', 'aaaa-bbbb-cccc-dddd'])
      await expect(disableSecondFactor(session, { code })).rejects.toMatchObject(wrong);
    await disableSecondFactor(session, { code: codes[0] ?? '' });
    expect(await readPendingSession(waiting)).toBeNull();
    expect(await readSession(tenant.admin.token)).not.toBeNull();
    expect(await readSession(await signInAgain(tenant.admin.userId))).not.toBeNull();
    expect(await auditOf(tenant.id, 'user.disable_second_factor')).toHaveLength(1);
    await expect(disableSecondFactor(session, { code: codes[1] ?? '' })).rejects.toMatchObject(wrong);
  });
});
