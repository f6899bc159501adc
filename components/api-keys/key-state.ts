import type { ApiKeyRow } from '@/lib/api-keys/schema';

/** The page's heading: where the focus goes when what had it is gone. */
export const HEADING_ID = 'api-keys-heading';

export type KeyState = 'active' | 'expired' | 'revoked';

/** A key with what is known of it now. */
export type ShownKey = ApiKeyRow & { state: KeyState };

/** Whether a key still works at that moment. Revoked counts before expired. */
export function keyState(key: Pick<ApiKeyRow, 'revokedAt' | 'expiresAt'>, now: Date): KeyState {
  if (key.revokedAt) return 'revoked';
  return key.expiresAt && new Date(key.expiresAt) <= now ? 'expired' : 'active';
}

/** The first characters of a key's id, enough to tell it from the others in a log. The key itself is never stored. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
