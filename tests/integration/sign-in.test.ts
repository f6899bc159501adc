import { eq } from 'drizzle-orm';
import type { NextAuthOptions } from 'next-auth';
import type { Adapter } from 'next-auth/adapters';
import type { CredentialsConfig } from 'next-auth/providers/credentials';
import type { EmailConfig } from 'next-auth/providers/email';
import { beforeAll, describe, expect, test } from 'vitest';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { users } from '@/db/schema/people';
import { nextAuthOptions } from '@/lib/auth/next-auth';
import { encodeSessionToken, type SessionToken } from '@/lib/auth/session-cookie';
import { readSession } from '@/lib/auth/sessions';
import { verificationTokenAdapter } from '@/lib/auth/verification-tokens';
import { listOutbox } from '@/lib/mail/outbox';
import { makePerson, makeTenant, password, type TestTenant, unique } from '@/tests/support/factories';

let tenant: TestTenant;
let options: NextAuthOptions;
let adapter: Adapter;
const { db } = pool('platform');

beforeAll(async () => {
  tenant = await makeTenant();
  options = nextAuthOptions();
  adapter = verificationTokenAdapter();
});

function provider<T>(id: string): T {
  const found = options.providers.find((one) => one.id === id);
  if (!found) throw new Error(`no provider ${id}`);
  return found as unknown as T;
}

describe('signing in with a password', () => {
  const signIn = (given: Record<string, unknown>) => {
    const { options: own } = provider<{ options: CredentialsConfig }>('credentials');
    return own.authorize(given as Record<string, string>, {} as never);
  };

  test('lets in who knows it, whatever the case of the address', async () => {
    const person = { id: tenant.admin.userId, email: tenant.admin.email };
    expect(await signIn({ email: tenant.admin.email, password })).toEqual(person);
    expect(await signIn({ email: ` ${tenant.admin.email.toUpperCase()} `, password })).toEqual(person);
  });

  test('lets nobody else in', async () => {
    const { email } = tenant.admin;
    const other = await makeTenant();
    for (const given of [
      { email, password: 'wrong wrong wrong' },
      { email, password: '' },
      { email, password: `${password} ` },
      { email },
      { password },
      {},
      { email: `nobody-${unique()}@example.com`, password },
      { email: "' or true --", password },
      { email: [email], password },
      { email, password: 'x'.repeat(1_000_000) },
      { email: other.admin.email, password: 'the password of nobody' },
    ])
      expect(await signIn(given)).toBeNull();
    // Somebody who never set a password.
    const person = await makePerson(tenant, 'viewer');
    for (const guess of ['', 'the password of nobody', password])
      expect(await signIn({ email: person.email, password: guess })).toBeNull();
  });

  test('opens a session that the cookie names, and closes it at sign-out', async () => {
    const user = { id: tenant.admin.userId, email: tenant.admin.email };
    const token = (await options.callbacks?.jwt?.({
      token: {},
      user,
      account: null,
    } as never)) as SessionToken;
    const cookie = await encodeSessionToken(token);
    expect(await readSession(cookie)).toMatchObject({ userId: tenant.admin.userId });
    expect(await options.callbacks?.jwt?.({ token } as never)).toBe(token);
    await options.events?.signOut?.({ token } as never);
    expect(await readSession(cookie)).toBeNull();
  });
});

describe('signing in with a mailed link', () => {
  const url = () => `http://${tenant.host}/api/auth/callback/email?token=${unique()}`;
  const send = (identifier: string, link: string) =>
    provider<EmailConfig>('email').sendVerificationRequest({ identifier, url: link } as never);
  const mailsTo = (address: string) => db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, address));

  test('mails the link to somebody we know', async () => {
    const person = await makePerson(tenant, 'viewer');
    const link = url();
    await send(person.email, link);
    const [mail] = await mailsTo(person.email);
    expect(mail?.text).toContain(link);
    expect(mail?.subject).toContain(tenant.host);
    expect((await listOutbox()).some((one) => one.to === person.email)).toBe(true);
  });

  test('mails nothing to somebody we do not know, and does not say so', async () => {
    const stranger = `stranger-${unique()}@example.com`;
    await expect(send(stranger, url())).resolves.toBeUndefined();
    expect(await mailsTo(stranger)).toHaveLength(0);
  });

  test.each([
    'http://evil.example/api/auth/callback/email?token=x',
    'https://ragtoolkit.localhost:3000/x',
    'http://ragtoolkit.localhost:3000@evil.example/x',
    '//evil.example/x',
  ])('mails no link to %s', async (link) => {
    const person = await makePerson(tenant, 'viewer');
    await expect(send(person.email, link)).rejects.toThrow();
    expect(await mailsTo(person.email)).toHaveLength(0);
  });

  test('takes a token once, of however many who bring it', async () => {
    const given = {
      identifier: `ada-${unique()}@example.com`,
      token: unique(),
      expires: new Date(Date.now() + 60_000),
    };
    await adapter.createVerificationToken?.(given);
    const uses = await Promise.all(Array.from({ length: 5 }, () => adapter.useVerificationToken?.(given)));
    expect(uses.filter(Boolean)).toEqual([given]);
    expect(await adapter.useVerificationToken?.({ ...given, token: 'other' })).toBeNull();
  });

  test('takes no token of another address', async () => {
    const given = { identifier: `ada-${unique()}@example.com`, token: unique(), expires: new Date() };
    await adapter.createVerificationToken?.(given);
    expect(await adapter.useVerificationToken?.({ ...given, identifier: 'other@example.com' })).toBeNull();
  });

  test('makes nobody, and changes nothing of a person but that the address is theirs', async () => {
    await expect(
      adapter.createUser?.({ email: 'x@example.com', emailVerified: null } as never),
    ).rejects.toThrow();
    const person = await makePerson(tenant, 'viewer');
    await adapter.updateUser?.({ id: person.userId, email: 'other@example.com', isOperator: true } as never);
    const [row] = await db.select().from(users).where(eq(users.id, person.userId));
    expect(row).toMatchObject({ email: person.email, isOperator: false, emailVerifiedAt: expect.any(Date) });
  });

  test('finds people by id and address, and not by nonsense', async () => {
    expect(await adapter.getUserByEmail?.(tenant.admin.email.toUpperCase())).toMatchObject({
      id: tenant.admin.userId,
    });
    expect(await adapter.getUser?.(tenant.admin.userId)).toMatchObject({ email: tenant.admin.email });
    expect(await adapter.getUser?.("' or true --")).toBeNull();
    expect(await adapter.getUserByEmail?.('nobody@example.com')).toBeNull();
  });

  test('lets a followed link in for people we know only', async () => {
    const decide = (email: string, verificationRequest?: boolean) =>
      options.callbacks?.signIn?.({
        user: { id: 'x', email },
        account: { type: 'email' },
        email: verificationRequest ? { verificationRequest } : undefined,
      } as never);
    expect(await decide(tenant.admin.email)).toBe(true);
    expect(await decide(`nobody-${unique()}@example.com`)).toBe(false);
    expect(await decide(`nobody-${unique()}@example.com`, true)).toBe(true); // asking is answered the same for all
  });
});

describe('the way back after a sign-in', () => {
  const back = (url: string) =>
    options.callbacks?.redirect?.({ url, baseUrl: 'http://acme.ragtoolkit.localhost:3000' });

  test('leads to our own hosts', async () => {
    expect(await back('/traces')).toBe('http://acme.ragtoolkit.localhost:3000/traces');
    expect(await back(`http://${tenant.host}/traces`)).toBe(`http://${tenant.host}/traces`);
  });

  test.each([
    'http://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
  ])('does not lead to %j', async (url) =>
    expect(await back(url)).toBe('http://acme.ragtoolkit.localhost:3000/'),
  );
});
