import { scopesBeyond } from '@/lib/api-keys/rules';
import { type ApiKeyRow, type Overlap, SOON_DAYS } from '@/lib/api-keys/schema';

/** The page's heading: where the focus goes when what had it is gone. */
export const HEADING_ID = 'api-keys-heading';

const DAY_MS = 86_400_000;

/**
 * `stopped`: its creator is no member any more. `replaced`: another was made in its place, and both work. `ending`: it
 * works for some days more.
 */
export type KeyState = 'active' | 'ending' | 'replaced' | 'stopped' | 'expired' | 'revoked';

/** A key with what is known of it now. */
export type ShownKey = ApiKeyRow & {
  state: KeyState;
  /** The creator's role holds less than the scopes say. */
  isBounded: boolean;
};

/** What every form about one key gets. */
export type FormProps = {
  apiKey: ApiKeyRow;
  pending: boolean;
  onPending: (pending: boolean) => void;
  onCancel: () => void;
  onDone: () => void;
};

/** How long a rotated key goes on working, in words. */
export const overlapWords = {
  now: 'Not at all',
  '1h': 'For 1 hour',
  '24h': 'For 24 hours',
  '7d': 'For 7 days',
} as const satisfies Record<Overlap, string>;

/** What a key is at that moment. What ended it for good counts first. */
export function keyState(key: ApiKeyRow, now: Date): KeyState {
  const left = key.expiresAt ? Date.parse(key.expiresAt) - now.getTime() : Number.POSITIVE_INFINITY;
  if (key.revokedAt) return 'revoked';
  if (left <= 0) return 'expired';
  if (!key.isService && !key.creatorRole) return 'stopped';
  if (key.replacedBy) return 'replaced';
  return left <= SOON_DAYS * DAY_MS ? 'ending' : 'active';
}

/** A key as it is shown at that moment. */
export function toShown(key: ApiKeyRow, now: Date): ShownKey {
  const beyond = key.isService || !key.creatorRole ? [] : scopesBeyond(key.creatorRole, key.scopes);
  return { ...key, state: keyState(key, now), isBounded: beyond.length > 0 };
}

/** Keys in their order, but each that was replaced right below the one that took its place. */
export function pairUp(keys: readonly ShownKey[]): ShownKey[] {
  const byId = new Map(keys.map((key) => [key.id, key]));
  const withOlder = (key: ShownKey): ShownKey[] => {
    const older = key.replaces === null ? undefined : byId.get(key.replaces);
    return older ? [key, ...withOlder(older)] : [key];
  };
  return keys.filter(({ replacedBy }) => replacedBy === null || !byId.has(replacedBy)).flatMap(withOlder);
}

/** Whether there is nothing left to do about a key: it was revoked, or ended after another took its place. */
export function isOver({ state, replacedBy }: ShownKey): boolean {
  return state === 'revoked' || (state === 'expired' && replacedBy !== null);
}

/** Whether requests with it are accepted. */
export function works({ state }: ShownKey): boolean {
  return state === 'active' || state === 'ending' || state === 'replaced';
}

/** The first characters of a key's id, enough to tell it from the others in a log. The key itself is never stored. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}
