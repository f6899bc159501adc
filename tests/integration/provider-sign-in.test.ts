import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { pool } from '@/db/client';
import { mailOutbox } from '@/db/schema/mail';
import {
  credentials,
  personTokens,
  providerAccounts,
  recoveryCodes,
  secondFactors,
  sessions,
  users,
} from '@/db/schema/people';
import { withPlatform } from '@/db/tenant';
import { proveAddress } from '@/lib/auth/address-proof';
import { sessionCookie } from '@/lib/auth/session-cookie';
import { readSession, revokeSession } from '@/lib/auth/sessions';
import { mintSignInLink } from '@/lib/auth/verification-tokens';
import { env } from '@/lib/env';
import { urlOf } from '@/lib/gateway/hosts';
import { makePerson, makeTenant, password, type TestTenant, unique } from '@/tests/support/factories';
import { AuthBrowser, decideAtProvider, toPath } from '@/tests/support/next-auth';
import {
  otherAddress,
  type StandInPerson,
  type StandInProvider,
  shownAddress,
  standInClient,
  startStandInProvider,
} from '@/tests/support/stand-in-provider.mjs';

vi.mock('next/server', () => ({ NextRequest: class {}, after: () => {} }));

const { db } = pool('platform');
let standIn: StandInProvider;
let tenant: TestTenant;

beforeAll(async () => {
  standIn = await startStandInProvider();
  const settings = { ...standInClient, url: standIn.url };
  Object.assign(env().providers, { github: settings, google: settings });
  tenant = await makeTenant();
});
afterAll(() => standIn.close());

let lastId = Math.floor(Math.random() * 1e9);
const somebody = (given: Partial<StandInPerson> = {}): StandInPerson => ({
  id: String(++lastId),
  name: 'Grace Provider',
  email: `grace-${unique()}@example.com`,
  verified: true,
  ...given,
});

const findUser = async (email: string) => (await db.select().from(users).where(eq(users.email, email)))[0];
const sessionOf = (browser: AuthBrowser) => readSession(browser.cookies.get(sessionCookie().name));
const deepLink = () => `http://${tenant.host}/traces/abc?x=1`;
const providers = ['github', 'google'] as const;

describe.each(providers)('signing in with %s', (provider) => {
  test('makes somebody who is not known, without a password, and leads to the deep link', async () => {
    const person = somebody();
    const browser = new AuthBrowser();
    const answer = await browser.signInWith(provider, person, deepLink());
    expect(answer).toMatchObject({ status: 302, location: deepLink() });

    const user = await findUser(person.email);
    expect(user).toMatchObject({
      name: 'Grace Provider',
      emailVerifiedAt: expect.any(Date),
      isOperator: false,
    });
    const id = user?.id ?? '';
    expect(await sessionOf(browser)).toMatchObject({ userId: id, email: person.email });
    expect(await db.select().from(credentials).where(eq(credentials.userId, id))).toEqual([]);
    const [session] = await db.select().from(sessions).where(eq(sessions.userId, id));
    expect(session?.method).toBe(provider);
    // The address that was shown, and none of the provider's tokens.
    expect(await db.select().from(providerAccounts).where(eq(providerAccounts.userId, id))).toEqual([
      { provider, accountId: person.id, userId: id, email: person.email, createdAt: expect.any(Date) },
    ]);
  });

  test('knows the account again when its address has changed', async () => {
    const person = somebody();
    await new AuthBrowser().signInWith(provider, person);
    const moved = { ...person, email: `moved-${unique()}@example.com` };
    for (const now of [moved, { ...moved, verified: false }]) {
      const browser = new AuthBrowser();
      await browser.signInWith(provider, now);
      expect(await sessionOf(browser)).toMatchObject({ email: person.email });
    }
    expect(await findUser(moved.email)).toBeUndefined();
  });

  test('links somebody who has proved the same address, who keeps password and sessions', async () => {
    const { admin } = await makeTenant();
    await withPlatform((tx) =>
      tx.update(users).set({ emailVerifiedAt: new Date() }).where(eq(users.id, admin.userId)),
    );
    const browser = new AuthBrowser();
    await browser.signInWith(provider, somebody({ email: admin.email.toUpperCase() }));
    expect(await sessionOf(browser)).toMatchObject({ userId: admin.userId });
    expect(await readSession(admin.token)).not.toBeNull();
    expect(await db.select().from(credentials).where(eq(credentials.userId, admin.userId))).toHaveLength(1);
  });

  test.each([
    ['of somebody we know', () => tenant.admin.email],
    ['of nobody', () => `nobody-${unique()}@example.com`],
  ])('takes no unverified address %s, and says the same', async (_, address) => {
    const email = address();
    const before = await findUser(email);
    const browser = new AuthBrowser();
    const person = somebody({ email, verified: false });
    const answer = await browser.signInWith(provider, person, deepLink());
    expect(await browser.follow(answer)).toBe(
      `/login?callbackUrl=${encodeURIComponent(deepLink())}&error=NoVerifiedEmail`,
    );
    expect(await sessionOf(browser)).toBeNull();
    expect(await findUser(email)).toEqual(before);
    expect(await db.select().from(providerAccounts).where(eq(providerAccounts.accountId, person.id))).toEqual(
      [],
    );
  });

  test('takes no address that cannot be one of ours', async () => {
    for (const email of [
      '',
      'x',
      `${'x'.repeat(250)}@example.com`,
      'a\u0000@example.com',
      'a@b@example.com',
    ]) {
      const browser = new AuthBrowser();
      const answer = await browser.signInWith(provider, somebody({ email }));
      expect(await browser.follow(answer), email).toContain('error=NoVerifiedEmail');
    }
  });

  test.each([
    ['', /^grace-/],
    ['  ', /^grace-/],
    [`Zero\u0000 \ud800 ${'x'.repeat(200)}`, /^Zero\ufffd \ufffd x+$/],
  ])('makes a name of ours of %j', async (name, expected) => {
    const person = somebody({ name });
    await new AuthBrowser().signInWith(provider, person);
    const user = await findUser(person.email);
    if (provider === 'google' || name.trim()) expect(user?.name).toMatch(expected);
    expect(user?.name.length).toBeLessThanOrEqual(80);
    expect(user?.name.trim()).not.toBe('');
  });

  test('locks out who had made the account before its address was proved', async () => {
    const { admin: attacker } = await makeTenant();
    const { userId } = attacker;
    const second = await makePerson(tenant, 'viewer'); // somebody else, who is not touched
    await withPlatform(async (tx) => {
      await tx.insert(secondFactors).values({ userId, secretEncrypted: 'x', confirmedAt: new Date() });
      await tx.insert(recoveryCodes).values({ userId, codeHash: unique() });
      await tx.insert(personTokens).values({
        tokenHash: unique(),
        purpose: 'change-email',
        userId,
        email: `attacker-${unique()}@example.com`,
        expiresAt: new Date(Date.now() + 60_000),
      });
    });
    const victim = new AuthBrowser();
    await victim.signInWith(provider, somebody({ email: attacker.email }));
    expect(await sessionOf(victim)).toMatchObject({ userId });
    await expectLockedOut(attacker);
    expect(await readSession(second.token)).not.toBeNull();
  });

  test('makes one person of two who come at once', async () => {
    const person = somebody();
    const browsers = Array.from({ length: 4 }, () => new AuthBrowser());
    const answers = await Promise.all(browsers.map((one) => one.signInWith(provider, person, deepLink())));
    expect(answers.map(({ location }) => location)).toEqual(browsers.map(deepLink));
    const ids = await Promise.all(browsers.map(async (one) => (await sessionOf(one))?.userId));
    expect(new Set(ids).size).toBe(1);
  });

  test('signs in who proves it, whoever’s cookie the browser has', async () => {
    const former = await makePerson(tenant, 'viewer');
    await revokeSession(former.sessionId);
    const other = await makePerson(tenant, 'viewer');
    for (const { token, userId } of [former, other]) {
      const browser = new AuthBrowser();
      browser.cookies.set(sessionCookie().name, token);
      const person = somebody();
      await browser.signInWith(provider, person);
      expect(await sessionOf(browser)).toMatchObject({ email: person.email });
      expect(await db.select().from(providerAccounts).where(eq(providerAccounts.userId, userId))).toEqual([]);
    }
  });

  test('ends at the login page when the way back is not the one that was begun', async () => {
    const [victim, attacker] = [new AuthBrowser(), new AuthBrowser()];
    const forged = await decideAtProvider(await attacker.begin(provider, '/open'), somebody());
    // Somebody else's code and state, with no sign-in under way and with one.
    for (const prepare of [async () => {}, () => victim.begin(provider, deepLink())]) {
      await prepare();
      const answer = await victim.ask('GET', toPath(forged));
      expect(await victim.follow(answer)).toMatch(/^\/login\?callbackUrl=.*&error=OAuthCallback$/);
      expect(await sessionOf(victim)).toBeNull();
    }
  });

  test('takes a code once', async () => {
    const browser = new AuthBrowser();
    const back = await decideAtProvider(await browser.begin(provider, '/open'), somebody());
    const kept = new Map(browser.cookies);
    await browser.ask('GET', toPath(back));
    expect(await sessionOf(browser)).not.toBeNull();
    const again = new AuthBrowser();
    for (const [name, value] of kept) again.cookies.set(name, value);
    await again.ask('GET', toPath(back));
    expect(await sessionOf(again)).toBeNull();
  });

  test('ends at the login page when the provider fails', async () => {
    const paths =
      provider === 'github'
        ? ['/login/oauth/access_token', '/api/v3/user', '/api/v3/user/emails']
        : ['/token', '/jwks'];
    for (const path of paths) {
      const person = somebody();
      const browser = new AuthBrowser();
      const back = await decideAtProvider(await browser.begin(provider, deepLink()), person);
      standIn.broken.add(path);
      const answer = await browser.ask('GET', toPath(back)).finally(() => standIn.broken.delete(path));
      expect(await browser.follow(answer), path).toBe(
        `/login?callbackUrl=${encodeURIComponent(deepLink())}&error=OAuthCallback`,
      );
      expect(await findUser(person.email)).toBeUndefined();
    }
  });

  test.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'http://ragtoolkit.localhost:3000.evil.example/',
    'http://cloud.ragtoolkit.localhost:3000@evil.example/',
    'http://evil.example\\.ragtoolkit.localhost:3000/',
    'https://cloud.ragtoolkit.localhost:3000/',
    'http://cloud.ragtoolkit.localhost:3001/',
  ])('does not lead to %j', async (hostile) => {
    const browser = new AuthBrowser();
    const answer = await browser.signInWith(provider, somebody(), hostile);
    expect(answer).toMatchObject({ status: 302, location: urlOf('cloud', '/') });
    // Nor when it is put into the cookie on the way.
    const tampered = new AuthBrowser();
    const back = await decideAtProvider(await tampered.begin(provider, '/open'), somebody());
    tampered.cookies.set('next-auth.callback-url', hostile);
    const { location } = await tampered.ask('GET', toPath(back));
    expect(new URL(location ?? '/', urlOf('cloud')).host).toBe(new URL(urlOf('cloud')).host);
  });

  test('is there at cloud alone', async () => {
    const browser = new AuthBrowser(tenant.host);
    expect((await browser.post(`signin/${provider}`, { callbackUrl: '/' })).body).toEqual({
      url: `http://${tenant.host}/api/auth/signin?csrf=true`,
    });
    const cloud = new AuthBrowser();
    const back = await decideAtProvider(await cloud.begin(provider, '/open'), somebody());
    for (const [name, value] of cloud.cookies) browser.cookies.set(name, value);
    await browser.ask('GET', toPath(back));
    expect(await sessionOf(browser)).toBeNull();
  });
});

describe('GitHub', () => {
  test('is asked for the primary address: neither the one shown in the profile nor another counts', async () => {
    const person = somebody({ verified: false });
    const tempting = [shownAddress(person.id), otherAddress(person.id)];
    await withPlatform(async (tx) => {
      for (const email of tempting)
        await tx
          .insert(users)
          .values({ id: crypto.randomUUID(), email, name: 'x', emailVerifiedAt: new Date() });
    });
    const browser = new AuthBrowser();
    const answer = await browser.signInWith('github', person);
    expect(await browser.follow(answer)).toContain('error=NoVerifiedEmail');
    await browser.signInWith('github', { ...person, verified: true });
    expect(await sessionOf(browser)).toMatchObject({ email: person.email });
  });
});

describe('a provider that cannot be reached', () => {
  test('ends the sign-in at the login page before it begins', async () => {
    const browser = new AuthBrowser();
    standIn.broken.add('/.well-known/openid-configuration');
    const url = await browser
      .begin('google', deepLink())
      .finally(() => standIn.broken.delete('/.well-known/openid-configuration'));
    const at = await browser.follow({ status: 302, location: url, body: null });
    expect(at).toBe(`/login?callbackUrl=${encodeURIComponent(deepLink())}&error=OAuthSignin`);
  });
});

describe('proving an address by a mailed link', () => {
  const followLink = async (email: string) => {
    const browser = new AuthBrowser();
    const link = await withPlatform((tx) => mintSignInLink(tx, { email, next: deepLink(), maxAge: 60 }));
    return { browser, answer: await browser.ask('GET', toPath(link)) };
  };

  test('locks out who had made the account before', async () => {
    const { admin: attacker } = await makeTenant();
    const { browser, answer } = await followLink(attacker.email);
    expect(answer.location).toBe(deepLink());
    expect(await sessionOf(browser)).toMatchObject({ userId: attacker.userId });
    await expectLockedOut(attacker);
    const [session] = await db
      .select()
      .from(sessions)
      .where(and(eq(sessions.userId, attacker.userId), eq(sessions.method, 'link')));
    expect(session?.revokedAt).toBeNull();
  });

  test('a second time ends nothing', async () => {
    const person = await makePerson(tenant, 'viewer');
    const first = await followLink(person.email);
    await followLink(person.email);
    expect(await sessionOf(first.browser)).not.toBeNull();
  });

  test('sends no mail about a password that was not there', async () => {
    const person = await makePerson(tenant, 'viewer');
    await followLink(person.email);
    expect(await db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, person.email))).toEqual([]);
  });

  test('does nothing of the kind to nobody', async () => {
    await expect(withPlatform((tx) => proveAddress(tx, crypto.randomUUID()))).resolves.toBe(0);
  });
});

/** Nothing that the first maker of the account has opens it any more, and the owner has been told. */
async function expectLockedOut(attacker: { userId: string; email: string; token: string }): Promise<void> {
  expect(await readSession(attacker.token)).toBeNull();
  const browser = new AuthBrowser();
  await browser.post('callback/credentials', { email: attacker.email, password });
  expect(await sessionOf(browser)).toBeNull();
  for (const table of [credentials, secondFactors, recoveryCodes, personTokens])
    expect(await db.select().from(table).where(eq(table.userId, attacker.userId))).toEqual([]);
  const mails = await db.select().from(mailOutbox).where(eq(mailOutbox.toAddress, attacker.email));
  const told = mails.filter(({ subject }) => subject !== 'Confirm your e-mail address'); // which came at the sign-up
  expect(told.map(({ subject }) => subject)).toEqual(['Your password was removed']);
  expect(told[0]?.text).toContain(urlOf('cloud', '/forgot-password'));
}
