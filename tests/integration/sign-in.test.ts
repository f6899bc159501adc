import { eq } from 'drizzle-orm';
import type { NextAuthOptions } from 'next-auth';
import type { Adapter } from 'next-auth/adapters';
import type { CredentialsConfig } from 'next-auth/providers/credentials';
import type { EmailConfig } from 'next-auth/providers/email';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import { credentials, sessions, users, verificationTokens } from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { nextAuthOptions } from '@/lib/auth/next-auth';
import * as passwords from '@/lib/auth/passwords';
import { describeSignInError } from '@/lib/auth/schema';
import { type SessionToken, sessionCookie } from '@/lib/auth/session-cookie';
import { readSession } from '@/lib/auth/sessions';
import { verificationTokenAdapter } from '@/lib/auth/verification-tokens';
import { listOutbox } from '@/lib/mail/outbox';
import { makePerson, makeTenant, password, type TestTenant, unique } from '@/tests/support/factories';
import { AuthBrowser } from '@/tests/support/next-auth';

vi.mock('@/lib/auth/passwords', { spy: true });

/** What is to be done once the answer has left. */
const later = vi.hoisted(() => [] as (() => Promise<void>)[]);
vi.mock('next/server', () => ({
  NextRequest: class {},
  after: (work: () => Promise<void>) => later.push(work),
}));
const answerLeaves = async () => {
  for (const work of later.splice(0)) await work();
};

let tenant: TestTenant;
let options: NextAuthOptions;
let adapter: Adapter;
const { db } = pool('platform');

beforeAll(async () => {
  tenant = await makeTenant();
  options = nextAuthOptions();
  adapter = verificationTokenAdapter();
});
beforeEach(() => {
  later.length = 0;
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
    const person = {
      id: tenant.admin.userId,
      email: tenant.admin.email,
      session: { sid: expect.any(String), sub: tenant.admin.userId },
    };
    expect(await signIn({ email: tenant.admin.email, password })).toEqual(person);
    expect(await signIn({ email: ` ${tenant.admin.email.toUpperCase()} `, password })).toEqual(person);
  });

  test('lets nobody else in', async () => {
    const [{ email }, other] = [(await makeTenant()).admin, await makeTenant()];
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
    const browser = new AuthBrowser(tenant.host);
    const { email, userId } = tenant.admin;
    const answer = await browser.post('callback/credentials', { email, password, callbackUrl: '/traces' });
    expect(answer.body).toEqual({ url: `http://${tenant.host}/traces` });
    const cookie = browser.cookies.get(sessionCookie().name);
    const session = await readSession(cookie);
    expect(session).toMatchObject({ userId });
    const [row] = await db
      .select()
      .from(sessions)
      .where(eq(sessions.id, session?.sessionId ?? ''));
    expect(row?.method).toBe('password');
    await browser.post('signout');
    expect(await readSession(cookie)).toBeNull();
    expect(browser.cookies.has(sessionCookie().name)).toBe(false);
  });

  test('reads the cookie alone at later requests', async () => {
    const token: SessionToken = { sid: tenant.admin.sessionId, sub: tenant.admin.userId };
    expect(await options.callbacks?.jwt?.({ token } as never)).toBe(token);
  });

  test('opens no session when the password was taken away while it was checked', async () => {
    const { admin } = await makeTenant();
    const hashing = vi.mocked(passwords.verifyPassword).getMockImplementation();
    vi.mocked(passwords.verifyPassword).mockImplementationOnce(async () => {
      await withPlatform((tx) => tx.delete(credentials).where(eq(credentials.userId, admin.userId)));
      return true;
    });
    expect(await signIn({ email: admin.email, password })).toBeNull();
    expect(await db.$count(sessions, eq(sessions.userId, admin.userId))).toBe(1); // that of the sign-up
    expect(vi.mocked(passwords.verifyPassword).getMockImplementation()).toBe(hashing);
  });

  test('tells nothing of the database when it fails', async () => {
    vi.mocked(passwords.verifyPassword).mockRejectedValueOnce(new Error('select secret from credentials'));
    await expect(signIn({ email: tenant.admin.email, password })).rejects.toThrow(/^Unavailable$/);
  });
});

describe('too many attempts', () => {
  const attempts = async (ask: () => Promise<string | null>, most = 80) => {
    for (let count = 0; count < most; count++) {
      const refusal = await ask();
      if (refusal?.startsWith('limited-')) return { count, refusal };
    }
    return null;
  };
  const errorOf = ({ body }: { body: unknown }) =>
    new URL((body as { url: string }).url).searchParams.get('error');

  test('of an account are refused before the password is looked at, whether or not the account exists', async () => {
    const known = (await makeTenant()).admin.email;
    const unknown = `nobody-${unique()}@example.com`;
    const outcomes = [];
    for (const email of [known, unknown]) {
      const browser = new AuthBrowser();
      const outcome = await attempts(async () =>
        errorOf(await browser.post('callback/credentials', { email, password: 'wrong wrong wrong' })),
      );
      outcomes.push(outcome?.count);
      expect(describeSignInError(outcome?.refusal)).toMatch(
        /^Too many attempts\. Try again in [1-6] minutes?\.$/,
      );
      // Nor does the right password help, from a fresh browser or with another spelling of the address.
      const calls = vi.mocked(passwords.verifyPassword).mock.calls.length;
      const given = { email: ` ${email.toUpperCase()}`, password };
      expect(errorOf(await new AuthBrowser().post('callback/credentials', given))).toMatch(/^limited-\d+$/);
      expect(vi.mocked(passwords.verifyPassword).mock.calls.length).toBe(calls);
    }
    // The bucket fills up again slowly, which a slow machine may see.
    for (const count of outcomes) expect([10, 11]).toContain(count);
  });

  test('of an address on the network are refused, whatever accounts they try', async () => {
    const browser = new AuthBrowser(tenant.host, `192.0.2.${Math.floor(Math.random() * 250)}-${unique()}`);
    const outcome = await attempts(async () =>
      errorOf(
        await browser.post('callback/credentials', {
          email: `x-${unique()}@example.com`,
          password: 'wrong one',
        }),
      ),
    );
    expect(outcome?.count).toBeGreaterThanOrEqual(30);
    const elsewhere = new AuthBrowser(tenant.host, unique());
    const given = { email: tenant.admin.email, password };
    expect(errorOf(await elsewhere.post('callback/credentials', given))).toBeNull();
  });

  test.each([
    ['somebody we know', async () => (await makePerson(tenant, 'viewer')).email],
    ['somebody we do not know', async () => `nobody-${unique()}@example.com`],
  ])('of links to %s are refused', async (_, address) => {
    const email = await address();
    const browser = new AuthBrowser();
    const outcome = await attempts(async () => errorOf(await browser.post('signin/email', { email })));
    expect(outcome?.count).toBe(5);
    expect(describeSignInError(outcome?.refusal)).toMatch(
      /^Too many attempts\. Try again in 1[23] minutes\.$/,
    );
    expect(later).toHaveLength(5);
  });
});

describe('signing in with a mailed link', () => {
  const url = () => `http://${tenant.host}/api/auth/callback/email?token=${unique()}`;
  const send = async (identifier: string, link: string) => {
    await provider<EmailConfig>('email').sendVerificationRequest({ identifier, url: link } as never);
    await answerLeaves();
  };
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

  test('answers the same, and before anything that depends on the person is done', async () => {
    const person = await makePerson(tenant, 'viewer');
    const stranger = `stranger-${unique()}@example.com`;
    for (const email of [person.email, stranger]) {
      const answer = await new AuthBrowser(tenant.host).post('signin/email', {
        email,
        callbackUrl: '/traces',
      });
      expect(answer.body).toEqual({
        url: `http://${tenant.host}/api/auth/verify-request?provider=email&type=email`,
      });
      expect(await mailsTo(email)).toEqual([]);
    }
    await answerLeaves();
    expect(await mailsTo(person.email)).toHaveLength(1);
    expect(await mailsTo(stranger)).toEqual([]);
    const kept = await db
      .select()
      .from(verificationTokens)
      .where(eq(verificationTokens.identifier, stranger));
    expect(kept).toEqual([]); // nor does a stranger fill the table
  });

  test('signs in by the link that was mailed, once, at the page that was asked for', async () => {
    const person = await makePerson(tenant, 'viewer');
    const browser = new AuthBrowser(tenant.host);
    await browser.post('signin/email', { email: person.email, callbackUrl: '/traces/a?b=c' });
    await answerLeaves();
    const [mail] = await mailsTo(person.email);
    const link = /\/api\/auth\/(\S+)/.exec(mail?.text ?? '')?.[1] ?? '';
    const elsewhere = new AuthBrowser(tenant.host);
    expect(await elsewhere.ask('GET', link)).toMatchObject({
      location: `http://${tenant.host}/traces/a?b=c`,
    });
    expect(await readSession(elsewhere.cookies.get(sessionCookie().name))).toMatchObject({
      userId: person.userId,
    });
    const again = new AuthBrowser(tenant.host);
    expect(await again.follow(await again.ask('GET', link))).toMatch(
      /^\/login\?callbackUrl=.*&error=Verification$/,
    );
    expect(again.cookies.has(sessionCookie().name)).toBe(false);
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

  test('finds people by address, and nobody by a session’s id', async () => {
    expect(await adapter.getUserByEmail?.(tenant.admin.email.toUpperCase())).toMatchObject({
      id: tenant.admin.userId,
    });
    for (const id of [tenant.admin.userId, "' or true --"]) expect(await adapter.getUser?.(id)).toBeNull();
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
