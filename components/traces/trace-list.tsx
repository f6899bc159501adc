import { ChevronLeftIcon, ChevronRightIcon, SearchXIcon } from 'lucide-react';
import Link from 'next/link';
import { ActiveRange } from '@/components/traces/active-range';
import { sortLabels } from '@/components/traces/filter-form';
import { isFiltered, listHref } from '@/components/traces/list-href';
import { TraceCards } from '@/components/traces/trace-cards';
import { TraceFilters } from '@/components/traces/trace-filters';
import { TraceTable } from '@/components/traces/trace-table';
import { Button } from '@/components/ui/button';
import type { TraceFilter, TracePage } from '@/lib/traces/schema';

/** One page of a workspace's traces, newest first unless told: filters in the address, a table on wide screens, cards on phones. */
export function TraceList({
  page,
  filter,
  models,
  basePath,
}: {
  page: TracePage;
  filter: TraceFilter;
  models: string[];
  basePath: string;
}) {
  const filtered = isFiltered(filter);
  const byTime = filter.sort === undefined;
  return (
    <>
      <h1 className="text-xl font-semibold tracking-tight">Traces</h1>
      <TraceFilters filter={filter} models={models} basePath={basePath} />
      <ActiveRange filter={filter} basePath={basePath} />
      {page.traces.length > 0 ? (
        <>
          <TraceTable traces={page.traces} basePath={basePath} />
          <TraceCards traces={page.traces} basePath={basePath} />
        </>
      ) : (
        <div className="flex flex-col items-center rounded-lg border border-dashed px-4 py-14 text-center">
          <SearchXIcon aria-hidden="true" className="size-6 text-muted-foreground" />
          <p className="mt-3 font-medium">
            {filtered || !byTime ? 'No trace matches' : filter.cursor ? 'No older traces' : 'No traces yet'}
          </p>
          {filtered && (
            <>
              <p className="mt-1 text-sm text-muted-foreground">
                No trace of this workspace fits these filters.
              </p>
              <Button asChild variant="outline" size="sm" className="mt-4">
                <Link href={basePath} prefetch={false}>
                  Clear filters
                </Link>
              </Button>
            </>
          )}
        </div>
      )}
      {(filter.cursor || page.nextCursor) && (
        <nav aria-label="Pages of traces" className="mt-4 flex items-center justify-between gap-3">
          {filter.cursor ? (
            <Button asChild variant="outline" size="sm">
              <Link href={listHref(basePath, { ...filter, cursor: undefined })} prefetch={false}>
                <ChevronLeftIcon aria-hidden="true" />
                {byTime ? 'Newest' : 'First page'}
              </Link>
            </Button>
          ) : (
            <span className="text-sm text-muted-foreground">
              {byTime ? `Newest ${page.traces.length}` : sortLabels[filter.sort ?? 'newest']}
            </span>
          )}
          {page.nextCursor && (
            <Button asChild variant="outline" size="sm">
              <Link href={listHref(basePath, { ...filter, cursor: page.nextCursor })} prefetch={false}>
                {byTime ? 'Older' : 'Next'}
                <ChevronRightIcon aria-hidden="true" />
              </Link>
            </Button>
          )}
        </nav>
      )}
    </>
  );
}
