import { type LiveApiKey, parseApiKey, verifyApiKey } from './api-key';
import { type CredentialSource, readCookie, readKey } from './credentials';
import { isEndedSession } from './ended-sessions';
import { decodeSessionToken, sessionCookie } from './session-cookie';

/**
 * Who pays for a request. Only what is proved counts: a key that is known, live and of this secret; a session cookie of
 * ours. Everybody else, whatever they send, is a stranger.
 */
export type Caller =
  | { kind: 'key'; key: LiveApiKey }
  | { kind: 'user'; userId: string }
  | { kind: 'stranger' };

const STRANGER: Caller = { kind: 'stranger' };

/** Tells who pays for a request. Asks nobody once a key has been seen; never throws. */
export async function identifyCaller(
  source: Pick<CredentialSource, 'authorization' | 'apiKey' | 'cookie'>,
): Promise<Caller> {
  const text = readKey(source);
  if (text !== null) {
    const parsed = parseApiKey(text);
    // While the database cannot be asked nobody is proved to be anybody, and nobody is served.
    const key = parsed && (await verifyApiKey(parsed).catch(() => null));
    return key ? { kind: 'key', key } : STRANGER;
  }
  const cookie = readCookie(source.cookie, sessionCookie().name);
  const token = cookie ? await decodeSessionToken(cookie) : null;
  return token && !isEndedSession(token.sid) ? { kind: 'user', userId: token.sub } : STRANGER;
}
