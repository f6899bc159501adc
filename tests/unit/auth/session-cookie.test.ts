import { encode } from 'next-auth/jwt';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { firstKeyCookie, readFirstKey } from '@/lib/auth/first-key-cookie';
import {
  decodeSessionToken,
  encodeSessionToken,
  SESSION_MAX_AGE,
  sessionCookie,
} from '@/lib/auth/session-cookie';
import { env } from '@/lib/env';
import { newId } from '@/lib/ids';

const token = () => ({ sid: newId(), sub: newId() });

afterEach(() => {
  vi.useRealTimers();
});

describe('sessionCookie', () => {
  test('is for the root domain, and for no script', () => {
    expect(sessionCookie().options).toMatchObject({
      domain: 'ragtoolkit.localhost',
      httpOnly: true,
      sameSite: 'lax',
      path: '/',
      secure: false,
    });
  });

  test('goes over https only where the scheme is https', async () => {
    vi.resetModules();
    vi.stubEnv('ROOT_DOMAIN', 'ragtoolkit.app');
    const cookie = (await import('@/lib/auth/session-cookie')).sessionCookie();
    vi.unstubAllEnvs();
    expect(cookie).toMatchObject({
      name: expect.stringMatching(/^__Secure-/),
      options: { secure: true, domain: 'ragtoolkit.app' },
    });
  });
});

describe('decodeSessionToken', () => {
  test('reads what was encoded, the first time and again', async () => {
    const session = token();
    const cookie = await encodeSessionToken(session);
    expect(await decodeSessionToken(cookie)).toEqual(session);
    expect(await decodeSessionToken(cookie)).toEqual(session);
  });

  test('does not show the session to who holds the cookie', async () => {
    const session = token();
    const cookie = await encodeSessionToken(session);
    const decodedParts = cookie.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(decodedParts.join()).not.toContain(session.sid);
  });

  test.each(['', 'x', 'a.b.c', 'a.b.c.d.e', 'ey..', '%', '\u0000'])(
    'answers %j with null',
    async (cookie) => {
      expect(await decodeSessionToken(cookie)).toBeNull();
    },
  );

  test('answers a damaged cookie with null', async () => {
    const cookie = await encodeSessionToken(token());
    for (const at of [0, 10, Math.floor(cookie.length / 2), cookie.length - 2]) {
      const other = cookie[at] === 'A' ? 'B' : 'A';
      expect(await decodeSessionToken(cookie.slice(0, at) + other + cookie.slice(at + 1))).toBeNull();
    }
  });

  test('answers a cookie of another secret, or for another purpose, with null', async () => {
    const claims = { token: token(), maxAge: 60 };
    expect(await decodeSessionToken(await encode({ ...claims, secret: 'x'.repeat(40) }))).toBeNull();
    expect(
      await decodeSessionToken(await encode({ ...claims, secret: env().authSecret, salt: 'first-key' })),
    ).toBeNull();
  });

  test('answers a token without a session with null', async () => {
    for (const claims of [{}, { sid: newId() }, { sub: newId() }, { sid: 1, sub: newId() }])
      expect(
        await decodeSessionToken(
          await encode({ token: claims as never, secret: env().authSecret, maxAge: 60 }),
        ),
      ).toBeNull();
  });

  test('ends when it expires, also where it was read before', async () => {
    const [seen, unseen] = [await encodeSessionToken(token()), await encodeSessionToken(token())];
    expect(await decodeSessionToken(seen)).not.toBeNull();
    vi.useFakeTimers({ now: Date.now() + (SESSION_MAX_AGE - 60) * 1000, toFake: ['Date'] });
    expect(await decodeSessionToken(seen)).not.toBeNull();
    vi.setSystemTime(Date.now() + 120_000);
    expect(await decodeSessionToken(seen)).toBeNull();
    expect(await decodeSessionToken(unseen)).toBeNull();
  });
});

describe('firstKeyCookie', () => {
  test('gives the key to its own tenant only', async () => {
    const tenantId = newId();
    const { value } = await firstKeyCookie({ tenantId, apiKey: 'rtk_x' });
    expect(await readFirstKey(value, tenantId)).toBe('rtk_x');
    expect(await readFirstKey(value, newId())).toBeNull();
    expect(await readFirstKey(undefined, tenantId)).toBeNull();
    expect(await readFirstKey('x', tenantId)).toBeNull();
  });

  test('is not readable without the secret, and lives for an hour', async () => {
    const cookie = await firstKeyCookie({ tenantId: newId(), apiKey: 'rtk_visible' });
    expect(Buffer.from(cookie.value, 'base64url').toString('latin1')).not.toContain('rtk_visible');
    expect(cookie.options).toMatchObject({ httpOnly: true, maxAge: 3600 });
  });

  test('is no session', async () => {
    const { value } = await firstKeyCookie({ tenantId: newId(), apiKey: 'rtk_x' });
    expect(await decodeSessionToken(value)).toBeNull();
  });
});
