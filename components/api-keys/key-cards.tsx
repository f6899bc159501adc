import { KeyBadge } from '@/components/api-keys/key-badge';
import { KeyMenu } from '@/components/api-keys/key-menu';
import { KeyMarks, KeyScopes } from '@/components/api-keys/key-scopes';
import type { ShownKey } from '@/components/api-keys/key-state';
import { KeyEnd, KeyOrigin, LastUse } from '@/components/api-keys/key-times';

/** Keys as a list of cards, for screens too narrow for the table. */
export function KeyCards({ keys, canManage }: { keys: ShownKey[]; canManage: boolean }) {
  return (
    <ul className="flex flex-col gap-2 md:hidden">
      {keys.map((key) => (
        <li key={key.id} className="rounded-lg border bg-card px-3.5 py-3 text-[0.8125rem]">
          <div className="flex items-start justify-between gap-3">
            <p className="min-w-0 text-sm font-medium wrap-anywhere">{key.name}</p>
            {key.mayAct && key.state !== 'revoked' && (
              <span className="-mt-1.5 -mr-2">
                <KeyMenu apiKey={key} canManage={canManage} />
              </span>
            )}
          </div>
          <KeyOrigin apiKey={key} />
          <KeyMarks apiKey={key} />
          <div className="mt-2.5 flex flex-wrap items-center gap-x-2 gap-y-1">
            <KeyBadge state={key.state} />
            <KeyEnd apiKey={key} />
          </div>
          <div className="mt-2.5">
            <KeyScopes apiKey={key} />
          </div>
          <div className="mt-2.5 flex gap-2">
            <span className="text-muted-foreground">Last used</span>
            <LastUse apiKey={key} />
          </div>
        </li>
      ))}
    </ul>
  );
}
