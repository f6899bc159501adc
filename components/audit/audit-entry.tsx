import { BotIcon, ChevronRightIcon, KeyRoundIcon, UserRoundIcon, WrenchIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { AuditChanges, shortChange } from '@/components/audit/audit-changes';
import { LocalTime } from '@/components/data/local-time';
import type { ActorKind, AuditEntry as Entry } from '@/lib/workflows/audit-log/schema';

const kinds = {
  user: { Icon: UserRoundIcon, word: 'Person' },
  'api-key': { Icon: KeyRoundIcon, word: 'API key' },
  operator: { Icon: WrenchIcon, word: 'Operator' },
  system: { Icon: BotIcon, word: 'System' },
} as const satisfies Record<ActorKind, unknown>;

/** A row of the log: when, what, to what, by whom; all the rest is shown when it is opened, which needs no script. */
export function AuditEntry({ entry, actorHref }: { entry: Entry; actorHref: string | null }) {
  const { Icon, word } = kinds[entry.actor.kind];
  const change = shortChange(entry.changes);
  return (
    <li className="border-b last:border-0">
      <details className="group">
        <summary className="grid cursor-pointer grid-cols-[1fr_auto] items-start gap-x-4 gap-y-1 px-3.5 py-2.5 text-[0.8125rem] marker:content-none hover:bg-muted/50 group-open:bg-muted/50 focus-visible:ring-2 focus-visible:ring-ring focus-visible:outline-none focus-visible:ring-inset md:grid-cols-[8.5rem_minmax(0,1fr)_minmax(0,15rem)_auto] [&::-webkit-details-marker]:hidden">
          <LocalTime iso={entry.at} className="num text-muted-foreground md:pt-px" />
          <span className="col-span-2 row-start-2 min-w-0 md:col-span-1 md:row-start-auto">
            <span className="text-sm font-medium">{entry.title}</span>
            {entry.target.name && entry.target.kind !== 'tenant' && (
              <span className="wrap-anywhere text-muted-foreground"> · {entry.target.name}</span>
            )}
            {change && <span className="block wrap-anywhere text-muted-foreground">{change}</span>}
          </span>
          <span className="col-span-2 row-start-3 flex min-w-0 items-center gap-1.5 md:col-span-1 md:row-start-auto md:pt-px">
            <Icon aria-hidden="true" className="size-3.5 shrink-0 text-muted-foreground" />
            <span className="sr-only">by {word === entry.actor.name ? '' : word} </span>
            <span className="truncate" title={entry.actor.name}>
              {entry.actor.name}
            </span>
          </span>
          <ChevronRightIcon
            aria-hidden="true"
            className="col-start-2 row-start-1 size-4 shrink-0 text-muted-foreground transition-transform group-open:rotate-90 md:col-start-auto md:row-start-auto md:mt-0.5"
          />
        </summary>
        <div className="flex flex-col gap-3 border-t bg-muted/30 px-3.5 py-3 text-[0.8125rem]">
          {entry.changes.length > 0 && <AuditChanges changes={entry.changes} />}
          <dl className="grid gap-x-8 gap-y-1.5 lg:grid-cols-2">
            <Fact term="Time">
              <LocalTime iso={entry.at} style="full" />
            </Fact>
            <Fact term="Action" code>
              {entry.action}
            </Fact>
            <Fact term={word}>
              {entry.actor.name === word ? null : <span className="block">{entry.actor.name}</span>}
              {entry.actor.id && <code className="text-xs text-muted-foreground">{entry.actor.id}</code>}
              {actorHref && (
                <Link href={actorHref} prefetch={false} className="block w-fit text-primary hover:underline">
                  Show all by this actor
                </Link>
              )}
            </Fact>
            <Fact term="Target">
              {entry.target.name && <span className="block">{entry.target.name}</span>}
              <code className="text-xs text-muted-foreground">
                {entry.target.kind} {entry.target.id}
              </code>
            </Fact>
            {entry.ip && (
              <Fact term="IP address" code>
                {entry.ip}
              </Fact>
            )}
            {entry.userAgent && <Fact term="Client">{entry.userAgent}</Fact>}
            {entry.requestId && (
              <Fact term="Request" code>
                {entry.requestId}
              </Fact>
            )}
          </dl>
        </div>
      </details>
    </li>
  );
}

function Fact({ term, code = false, children }: { term: string; code?: boolean; children: ReactNode }) {
  return (
    <div className="flex min-w-0 items-baseline gap-3">
      <dt className="w-20 shrink-0 text-muted-foreground">{term}</dt>
      <dd className="num min-w-0 flex-1 wrap-anywhere">
        {code ? <code className="text-xs">{children}</code> : children}
      </dd>
    </div>
  );
}
