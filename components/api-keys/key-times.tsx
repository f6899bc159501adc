import type { ShownKey } from '@/components/api-keys/key-state';
import { LocalTime } from '@/components/data/local-time';

/** When a key was made and by whom, and when it ends or ended. */
export function KeyTimes({ apiKey }: { apiKey: ShownKey }) {
  const { createdAt, createdBy, expiresAt, revokedAt, state } = apiKey;
  return (
    <span className="num block text-muted-foreground">
      <LocalTime iso={createdAt} />
      {createdBy && <span className="block text-xs wrap-anywhere">by {createdBy}</span>}
      {revokedAt && (
        <span className="block text-xs">
          revoked <LocalTime iso={revokedAt} />
        </span>
      )}
      {!revokedAt && expiresAt && (
        <span className="block text-xs">
          {state === 'expired' ? 'expired' : 'expires'} <LocalTime iso={expiresAt} />
        </span>
      )}
    </span>
  );
}
