import { findKeyRate, type LiveApiKey, parseApiKey, verifyApiKey } from './api-key';
import { type CredentialSource, readCookie, readKey } from './credentials';
import { isEndedSession } from './ended-sessions';
import { findLegacyTenant, isLegacyKey, legacyActor } from './legacy-key';
import { isOperatorKey, verifyOperatorKey } from './operator-key';
import { decodeSessionToken, sessionCookie } from './session-cookie';

/**
 * Who pays for a request. Only what is proved counts: a key that is known, live and of this secret, or the predecessor's; a
 * session cookie of ours. Everybody else, whatever they send, is a stranger.
 */
export type Caller =
  | { kind: 'key'; key: LiveApiKey }
  | { kind: 'user'; userId: string }
  | { kind: 'operator-key'; id: string }
  | { kind: 'stranger' };

const STRANGER: Caller = { kind: 'stranger' };

/** Tells who pays for a request. Asks nobody once a key has been seen; never throws. */
export async function identifyCaller(
  source: Pick<CredentialSource, 'authorization' | 'apiKey' | 'cookie'>,
): Promise<Caller> {
  const text = readKey(source);
  if (text !== null) {
    // While the database cannot be asked nobody is proved to be anybody, and nobody is served.
    if (isOperatorKey(text)) {
      const operator = await verifyOperatorKey(text).catch(() => null);
      return operator ? { kind: 'operator-key', id: operator.id } : STRANGER;
    }
    const key = await findKey(text).catch(() => null);
    return key ? { kind: 'key', key } : STRANGER;
  }
  const cookie = readCookie(source.cookie, sessionCookie().name);
  const token = cookie ? await decodeSessionToken(cookie) : null;
  return token && !isEndedSession(token.sid) ? { kind: 'user', userId: token.sub } : STRANGER;
}

async function findKey(text: string): Promise<LiveApiKey | null> {
  const parsed = parseApiKey(text);
  if (parsed) return verifyApiKey(parsed);
  const tenant = isLegacyKey(text) ? await findLegacyTenant() : null;
  if (!tenant) return null;
  const { keyId, scopes, creatorRole } = legacyActor;
  const ratePerSecond = await findKeyRate({ tenantId: tenant.id, keyId });
  return { kind: 'secret', keyId, tenantId: tenant.id, scopes, creatorRole, ratePerSecond };
}
