import { ChevronLeftIcon, ChevronRightIcon, HistoryIcon, SearchXIcon } from 'lucide-react';
import Link from 'next/link';
import { AuditDownload } from '@/components/audit/audit-download';
import { AuditEntry } from '@/components/audit/audit-entry';
import { AuditFilters } from '@/components/audit/audit-filters';
import { auditHref, isFiltered } from '@/components/audit/audit-href';
import { Button } from '@/components/ui/button';
import type { AuditChoices, AuditFilter, AuditPage } from '@/lib/workflows/audit-log/schema';

/** One page of a workspace's audit log, newest first, with filters in the address and a download of what they show. */
export function AuditView({
  page,
  filter,
  choices,
  canExport,
  basePath,
}: {
  page: AuditPage;
  filter: AuditFilter;
  choices: AuditChoices;
  canExport: boolean;
  basePath: string;
}) {
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-3">
        <div className="min-w-0 max-w-2xl">
          <h1 className="text-xl font-semibold tracking-tight">Audit log</h1>
          <p className="mt-0.5 text-sm text-muted-foreground text-pretty">
            Who changed what in this workspace, and when. Nobody can change or delete what stands here.
          </p>
        </div>
        {canExport && <AuditDownload filter={filter} />}
      </div>
      <AuditFilters filter={filter} choices={choices} basePath={basePath} />
      {page.entries.length > 0 ? (
        <ol aria-label="Audit log" className="overflow-hidden rounded-lg border bg-card">
          {page.entries.map((entry) => (
            <AuditEntry
              key={entry.id}
              entry={entry}
              actorHref={entry.actor.id ? auditHref(basePath, { actor: entry.actor.id }) : null}
            />
          ))}
        </ol>
      ) : (
        <Nothing filter={filter} basePath={basePath} />
      )}
      {(filter.cursor || page.nextCursor) && (
        <nav aria-label="Pages of the audit log" className="mt-4 flex items-center justify-between gap-3">
          {filter.cursor ? (
            <Button asChild variant="outline" size="sm">
              <Link href={auditHref(basePath, { ...filter, cursor: undefined })} prefetch={false}>
                <ChevronLeftIcon aria-hidden="true" />
                Newest
              </Link>
            </Button>
          ) : (
            <span className="text-sm text-muted-foreground">Newest {page.entries.length}</span>
          )}
          {page.nextCursor && (
            <Button asChild variant="outline" size="sm">
              <Link href={auditHref(basePath, { ...filter, cursor: page.nextCursor })} prefetch={false}>
                Older
                <ChevronRightIcon aria-hidden="true" />
              </Link>
            </Button>
          )}
        </nav>
      )}
    </>
  );
}

function Nothing({ filter, basePath }: { filter: AuditFilter; basePath: string }) {
  const filtered = isFiltered(filter);
  const Icon = filtered ? SearchXIcon : HistoryIcon;
  return (
    <div className="flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
      <Icon aria-hidden="true" className="size-6 text-muted-foreground" />
      <p className="mt-3 font-medium">{filtered ? 'Nothing matches' : 'Nothing older'}</p>
      {filtered && (
        <>
          <p className="mt-1 text-sm text-muted-foreground">Nothing in the log fits these filters.</p>
          <Button asChild variant="outline" size="sm" className="mt-4">
            <Link href={basePath} prefetch={false}>
              Clear filters
            </Link>
          </Button>
        </>
      )}
    </div>
  );
}
