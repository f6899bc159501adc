import { ChevronRightIcon } from 'lucide-react';
import Link from 'next/link';
import { plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';
import { FilterForm, FilterText } from '@/components/operator/filter-form';
import { toHref } from '@/components/operator/list-href';
import { Nothing, PageHead } from '@/components/operator/page-head';
import { Pager } from '@/components/operator/pager';
import type {
  PlatformAuditEntry,
  PlatformAuditFilter,
  PlatformAuditPage,
} from '@/lib/workflows/platform-audit/schema';

const PATH = '/admin/audit';

/** What operators have done, to the platform and to tenants, the newest first. */
export function PlatformAuditView({
  page: { entries, nextCursor },
  filter: { q, cursor },
}: {
  page: PlatformAuditPage;
  filter: PlatformAuditFilter;
}) {
  return (
    <>
      <PageHead title="Audit log">
        What operators have done, and why. What was done to a tenant stands in its own log too, where its
        admins read it.
      </PageHead>
      <FilterForm path={PATH} isFiltered={Boolean(q)}>
        <FilterText name="q" label="Operator, action, target or reason" value={q} />
      </FilterForm>
      <div className="overflow-hidden rounded-lg border bg-card">
        {entries.length > 0 ? (
          <ol aria-label="Audit log">
            {entries.map((entry) => (
              <Entry key={entry.id} entry={entry} />
            ))}
          </ol>
        ) : (
          <Nothing>{q ? 'Nothing in the log fits that.' : 'Nothing was done yet.'}</Nothing>
        )}
      </div>
      <Pager
        label="Pages of the audit log"
        firstHref={cursor ? toHref(PATH, { q }) : null}
        nextHref={nextCursor ? toHref(PATH, { q, cursor: nextCursor }) : null}
        note={entries.length > 0 ? plural(entries.length, 'row') : null}
      />
    </>
  );
}

/** A row; all the rest is shown when it is opened, which needs no script. */
function Entry({ entry }: { entry: PlatformAuditEntry }) {
  const { tenant, actor } = entry;
  return (
    <li className="border-b last:border-0">
      <details className="group">
        <summary className="grid cursor-pointer grid-cols-[1fr_auto] items-start gap-x-4 gap-y-1 px-3.5 py-2.5 text-[0.8125rem] marker:content-none hover:bg-muted/50 group-open:bg-muted/50 focus-visible:ring-2 focus-visible:ring-ring focus-visible:outline-none focus-visible:ring-inset md:grid-cols-[8.5rem_minmax(0,1fr)_minmax(0,15rem)_auto] [&::-webkit-details-marker]:hidden">
          <LocalTime iso={entry.at} className="num text-muted-foreground md:pt-px" />
          <span className="col-span-2 row-start-2 min-w-0 md:col-span-1 md:row-start-auto">
            <span className="text-sm font-medium">{entry.title}</span>
            {tenant && (
              <span className="wrap-anywhere text-muted-foreground"> · {tenant.slug ?? tenant.id}</span>
            )}
            {entry.reason && (
              <span className="block wrap-anywhere text-muted-foreground">{entry.reason}</span>
            )}
          </span>
          <span className="col-span-2 row-start-3 min-w-0 truncate md:col-span-1 md:row-start-auto md:pt-px">
            <span className="sr-only">by </span>
            {actor.name}
          </span>
          <ChevronRightIcon
            aria-hidden="true"
            className="col-start-2 row-start-1 size-4 shrink-0 text-muted-foreground transition-transform group-open:rotate-90 md:col-start-auto md:row-start-auto md:mt-0.5"
          />
        </summary>
        <dl className="flex flex-col gap-1.5 border-t bg-muted/30 px-3.5 py-3 text-[0.8125rem]">
          <Fact term="Action">
            <code className="text-xs">{entry.action}</code>
          </Fact>
          <Fact term="Operator">
            <code className="text-xs">
              {actor.kind} {actor.id}
            </code>
          </Fact>
          {tenant && (
            <Fact term="Tenant">
              <Link
                href={`/admin/tenants/${tenant.id}`}
                prefetch={false}
                className="text-primary hover:underline"
              >
                {tenant.slug ?? tenant.id}
              </Link>
            </Fact>
          )}
          <Fact term="Target">
            <code className="text-xs">
              {entry.target.kind} {entry.target.id}
            </code>
          </Fact>
          {entry.before && <Fact term="Before">{JSON.stringify(entry.before)}</Fact>}
          {entry.after && <Fact term="After">{JSON.stringify(entry.after)}</Fact>}
          {entry.ip && <Fact term="IP address">{entry.ip}</Fact>}
          {entry.requestId && <Fact term="Request">{entry.requestId}</Fact>}
        </dl>
      </details>
    </li>
  );
}

function Fact({ term, children }: { term: string; children: React.ReactNode }) {
  return (
    <div className="flex min-w-0 items-baseline gap-3">
      <dt className="w-20 shrink-0 text-muted-foreground">{term}</dt>
      <dd className="num min-w-0 flex-1 wrap-anywhere">{children}</dd>
    </div>
  );
}
