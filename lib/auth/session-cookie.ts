import { createHash } from 'node:crypto';
import { decode, encode } from 'next-auth/jwt';
import { env } from '@/lib/env';

/** How long a sign-in lasts, in seconds. */
export const SESSION_MAX_AGE = 30 * 24 * 60 * 60;

/** What the session cookie says: the session's id and whose it is. Everything else is read from the database. */
export type SessionToken = { sid: string; sub: string };

/** Name and attributes of the session cookie: one for the root domain, so that a sign-in on any host serves all. */
export function sessionCookie() {
  const { scheme, rootDomain } = env();
  const secure = scheme === 'https';
  return {
    name: secure ? '__Secure-ragtoolkit.session' : 'ragtoolkit.session',
    options: {
      httpOnly: true,
      sameSite: 'lax' as const,
      path: '/',
      secure,
      domain: rootDomain.replace(/:\d+$/, ''),
    },
  };
}

/** The cookie's value for a session: an encrypted JWT, as next-auth makes and reads it. */
export function encodeSessionToken(token: SessionToken): Promise<string> {
  return encode({ token, secret: env().authSecret, maxAge: SESSION_MAX_AGE });
}

// Decrypting costs 250 µs a request; the same cookie comes with every one. Keyed by hash, so that no cookie is kept.
const decoded = new Map<string, { token: SessionToken; expiresAt: number }>();
const DECODED_CAPACITY = 10_000;

/** What a session cookie says, or null when it is not ours, damaged or expired. Says nothing of revocation. */
export async function decodeSessionToken(cookie: string): Promise<SessionToken | null> {
  const hash = createHash('sha256').update(cookie).digest('base64');
  const known = decoded.get(hash);
  if (known) return known.expiresAt > Date.now() ? known.token : null;
  const claims = await decode({ token: cookie, secret: env().authSecret }).catch(() => null);
  if (
    !claims ||
    typeof claims.sid !== 'string' ||
    typeof claims.sub !== 'string' ||
    typeof claims.exp !== 'number'
  )
    return null;
  const token = { sid: claims.sid, sub: claims.sub };
  const oldest = decoded.size >= DECODED_CAPACITY ? decoded.keys().next() : undefined;
  if (oldest && !oldest.done) decoded.delete(oldest.value);
  decoded.set(hash, { token, expiresAt: claims.exp * 1000 });
  return token;
}
