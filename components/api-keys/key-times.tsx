import { type ShownKey, shortId } from '@/components/api-keys/key-state';
import { LocalTime } from '@/components/data/local-time';
import { RelativeTime } from '@/components/data/relative-time';

/** When a key was made and by whom, and which other it took the place of. */
export function KeyOrigin({ apiKey: { id, createdAt, createdBy, replaces } }: { apiKey: ShownKey }) {
  return (
    <span className="num block text-xs text-muted-foreground">
      <span className="font-mono" title={`Key id ${id}`}>
        {shortId(id)}
      </span>
      {' · '}
      <LocalTime iso={createdAt} />
      {createdBy && <span className="wrap-anywhere"> by {createdBy}</span>}
      {replaces && (
        <span className="block">
          in the place of <span className="font-mono">{shortId(replaces)}</span>
        </span>
      )}
    </span>
  );
}

/** When a key ends, or how it did. */
export function KeyEnd({ apiKey }: { apiKey: ShownKey }) {
  const { expiresAt, revokedAt, replacedBy, state, createdBy } = apiKey;
  const isSoon = state === 'ending' || state === 'replaced';
  return (
    <span
      className={`num block text-xs ${isSoon ? 'font-medium text-traffic-amber' : 'text-muted-foreground'}`}
    >
      {state === 'stopped' ? (
        `${createdBy ?? 'Its creator'} is no member any more`
      ) : revokedAt ? (
        <LocalTime iso={revokedAt} />
      ) : expiresAt ? (
        <>
          {state === 'expired' ? 'ended' : 'works until'} <LocalTime iso={expiresAt} />
        </>
      ) : (
        'never expires'
      )}
      {replacedBy && (
        <span className="block font-normal text-muted-foreground">
          replaced by <span className="font-mono">{shortId(replacedBy)}</span>
        </span>
      )}
    </span>
  );
}

/** When and from where a key was last used. */
export function LastUse({ apiKey: { lastUsedAt, lastUsedIp } }: { apiKey: ShownKey }) {
  if (!lastUsedAt) return <span className="text-muted-foreground">not used yet</span>;
  return (
    <span className="num block">
      <RelativeTime iso={lastUsedAt} />
      {lastUsedIp && (
        <span className="block font-mono text-xs text-muted-foreground wrap-anywhere">{lastUsedIp}</span>
      )}
    </span>
  );
}
