import { describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { memberships } from '@/db/schema/tenancy';
import { readSession } from '@/lib/auth/sessions';
import { renamePerson } from '@/lib/workflows/account/mutations';
import { getAccount } from '@/lib/workflows/account/queries';
import {
  cancelEmailChange,
  confirmEmailChange,
  requestEmailChange,
} from '@/lib/workflows/email-change/mutations';
import { sendVerification, verifyEmail } from '@/lib/workflows/email-verification/mutations';
import { findMailedAddress } from '@/lib/workflows/email-verification/queries';
import { requestPasswordReset } from '@/lib/workflows/passwords/mutations';
import { isResetLinkValid } from '@/lib/workflows/passwords/queries';
import { makePerson, makeTenant, password, unique } from '@/tests/support/factories';
import { auditOf, mailedToken, mailsTo, sessionOf } from './support';

const { db } = pool('platform');
const newAddress = () => `new-${unique()}@example.com`;

describe('verifying an address', () => {
  test('is asked for by the sign-up, and done by whom the mail was for', async () => {
    const [tenant, other] = [await makeTenant(), await makeTenant()];
    const session = await sessionOf(tenant.admin);
    expect(session.isEmailVerified).toBe(false);
    const token = await mailedToken(session.email, '/verify-email');
    const stranger = await sessionOf(other.admin);
    expect(await findMailedAddress(stranger, token, 'verify-email')).toBeNull();
    await expect(verifyEmail(stranger, { token })).rejects.toMatchObject({ code: 'not_found' });
    expect(await findMailedAddress(session, token, 'verify-email')).toBe(session.email);
    await verifyEmail(session, { token });
    expect(await sessionOf(tenant.admin)).toMatchObject({ isEmailVerified: true });
    expect(await auditOf(tenant.id, 'user.verify_email')).toHaveLength(1);
    await expect(verifyEmail(session, { token })).rejects.toMatchObject({ code: 'not_found' });
    await expect(sendVerification(await sessionOf(tenant.admin))).rejects.toMatchObject({ code: 'conflict' });
  });

  test('is mailed again, a few times an hour; the newest link works', async () => {
    const { admin } = await makeTenant();
    const session = await sessionOf(admin);
    const first = await mailedToken(admin.email, '/verify-email');
    await sendVerification(session);
    const second = await mailedToken(admin.email, '/verify-email');
    await expect(verifyEmail(session, { token: first })).rejects.toMatchObject({ code: 'not_found' });
    for (let i = 0; i < 4; i++) await sendVerification(session);
    await expect(sendVerification(session)).rejects.toMatchObject({ code: 'rate_limited' });
    await expect(verifyEmail(session, { token: second })).rejects.toMatchObject({ code: 'not_found' });
    await verifyEmail(session, { token: await mailedToken(admin.email, '/verify-email') });
  });
});

describe('changing the address', () => {
  test('takes effect when the link is followed, and ends all other links', async () => {
    const [tenant, second] = [await makeTenant(), await makeTenant()];
    const session = await sessionOf(tenant.admin);
    await db.insert(memberships).values({ tenantId: second.id, userId: session.userId, role: 'viewer' });
    const email = newAddress();
    await requestPasswordReset(session.email);
    const reset = await mailedToken(session.email, '/reset-password');
    await requestEmailChange(session, { email, password });
    expect((await mailsTo(session.email))[0]?.text).toContain(email);
    expect(await sessionOf(tenant.admin)).toMatchObject({ email: session.email });
    expect(await getAccount(session)).toMatchObject({ pendingEmail: email });

    const token = await mailedToken(email, '/account/confirm-email');
    expect(await confirmEmailChange(session, { token })).toEqual({ email });
    expect(await sessionOf(tenant.admin)).toMatchObject({ email, isEmailVerified: true });
    expect(await isResetLinkValid(reset)).toBe(false);
    await requestPasswordReset(session.email);
    expect(await isResetLinkValid(reset)).toBe(false);
    expect((await mailsTo(session.email))[0]?.subject).toBe('Your e-mail address was changed');
    for (const { id } of [tenant, second])
      expect(await auditOf(id, 'user.change_email')).toMatchObject([
        { actorEmail: session.email, before: { email: session.email }, after: { email } },
      ]);
    await expect(confirmEmailChange(session, { token })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('wants the password, and another address than the present', async () => {
    const session = await sessionOf((await makeTenant()).admin);
    await expect(requestEmailChange(session, { email: session.email, password })).rejects.toMatchObject({
      issues: [{ path: 'email' }],
    });
    for (const given of [undefined, 'not the password'])
      await expect(
        requestEmailChange(session, { email: newAddress(), password: given }),
      ).rejects.toMatchObject({ issues: [{ path: 'password' }] });
  });

  test('does not tell that an address is taken: only its owner hears of it', async () => {
    const [tenant, owner] = [await makeTenant(), await makeTenant()];
    const session = await sessionOf(tenant.admin);
    const free = newAddress();
    const answers = [];
    for (const email of [free, owner.admin.email])
      answers.push([
        await requestEmailChange(session, { email, password }),
        (await getAccount(session)).pendingEmail === email,
      ]);
    expect(answers[0]).toEqual(answers[1]);
    const [mail] = await mailsTo(owner.admin.email);
    expect(mail?.subject).toBe('This address already has an account');
    expect(mail?.text).not.toContain('token=');
    await expect(mailedToken(owner.admin.email, '/account/confirm-email')).rejects.toThrow();
  });

  test('fails whole when the address was taken meanwhile', async () => {
    const tenant = await makeTenant();
    const session = await sessionOf(tenant.admin);
    const email = newAddress();
    await requestEmailChange(session, { email, password });
    const token = await mailedToken(email, '/account/confirm-email');
    await makeTenant({ email });
    await expect(confirmEmailChange(session, { token })).rejects.toMatchObject({ code: 'conflict' });
    expect(await sessionOf(tenant.admin)).toMatchObject({ email: session.email });
    expect(await auditOf(tenant.id, 'user.change_email')).toEqual([]);
  });

  test('is nobody else’s to confirm, and can be taken back', async () => {
    const [tenant, other] = [await makeTenant(), await makeTenant()];
    const session = await sessionOf(tenant.admin);
    const email = newAddress();
    await requestEmailChange(session, { email, password });
    const token = await mailedToken(email, '/account/confirm-email');
    await expect(confirmEmailChange(await sessionOf(other.admin), { token })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await findMailedAddress(session, token, 'change-email')).toBe(email);
    await cancelEmailChange(session);
    await expect(confirmEmailChange(session, { token })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('mails at most a few an hour, to whichever addresses', async () => {
    const session = await sessionOf(await makePerson(await makeTenant(), 'viewer'));
    for (let i = 0; i < 5; i++) await requestEmailChange(session, { email: newAddress() });
    await expect(requestEmailChange(session, { email: newAddress() })).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });
});

describe('renamePerson', () => {
  test('writes before and after into each tenant, and nothing for the same name', async () => {
    const tenant = await makeTenant();
    const session = await sessionOf(tenant.admin);
    await renamePerson(session, { name: session.name });
    await renamePerson(session, { name: 'Grace Test' });
    expect(await readSession(tenant.admin.token)).toMatchObject({ name: 'Grace Test' });
    expect(await auditOf(tenant.id, 'user.rename')).toMatchObject([
      { before: { name: session.name }, after: { name: 'Grace Test' } },
    ]);
  });
});
