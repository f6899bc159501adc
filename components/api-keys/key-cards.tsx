import { KeyBadge } from '@/components/api-keys/key-badge';
import { type ShownKey, shortId } from '@/components/api-keys/key-state';
import { Scopes } from '@/components/api-keys/key-table';
import { KeyTimes } from '@/components/api-keys/key-times';
import { RevokeKey } from '@/components/api-keys/revoke-key';

/** Keys as a list of cards, for screens too narrow for the table. */
export function KeyCards({ keys, canRevoke }: { keys: ShownKey[]; canRevoke: boolean }) {
  return (
    <ul className="flex flex-col gap-2 md:hidden">
      {keys.map((key) => (
        <li key={key.id} className="rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]">
          <div className="flex items-start justify-between gap-3">
            <p className="min-w-0 text-sm font-medium wrap-anywhere">{key.name}</p>
            <KeyBadge state={key.state} />
          </div>
          <p className="mt-0.5 font-mono text-xs text-muted-foreground">{shortId(key.id)}</p>
          <div className="mt-2">
            <Scopes scopes={key.scopes} />
          </div>
          <div className="mt-2 flex items-end justify-between gap-3">
            <KeyTimes apiKey={key} />
            {canRevoke && <RevokeKey id={key.id} name={key.name} />}
          </div>
        </li>
      ))}
    </ul>
  );
}
