import { decode, encode } from 'next-auth/jwt';
import { env } from '@/lib/env';
import { sessionCookie } from './session-cookie';

const MAX_AGE = 60 * 60;

/**
 * The first API key on its way from sign-up, at cloud, to the new tenant's console on another host: in an encrypted
 * cookie of the browser that signed up, for an hour, and never in an address. The database does not have it.
 */
export async function firstKeyCookie(key: { tenantId: string; apiKey: string }) {
  const value = await encode({ token: key, secret: env().authSecret, salt: 'first-key', maxAge: MAX_AGE });
  return { name: firstKeyCookieName(), value, options: { ...sessionCookie().options, maxAge: MAX_AGE } };
}

/** The key that a cookie carries for this tenant, or null. */
export async function readFirstKey(cookie: string | undefined, tenantId: string): Promise<string | null> {
  if (!cookie) return null;
  const claims = await decode({ token: cookie, secret: env().authSecret, salt: 'first-key' }).catch(
    () => null,
  );
  return claims?.tenantId === tenantId && typeof claims.apiKey === 'string' ? claims.apiKey : null;
}

/** Not below the session cookie's name: next-auth takes cookies that begin with it for pieces of the session. */
export function firstKeyCookieName(): string {
  return sessionCookie().name.replace('session', 'first-key');
}
