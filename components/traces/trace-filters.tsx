'use client';

import { RefreshCwIcon, SearchIcon, XIcon } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useId, useState, useTransition } from 'react';
import { FilterDrawer } from '@/components/traces/filter-drawer';
import { isFiltered, listHref } from '@/components/traces/list-href';
import { LiveRefresh } from '@/components/traces/live-refresh';
import { Button } from '@/components/ui/button';
import { cn } from '@/components/ui/cn';
import { Input } from '@/components/ui/input';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import { MAX_SEARCH, type TraceFilter } from '@/lib/traces/schema';

const LIVE_INTERVAL_MS = 2000;

const outcomes = [
  { error: undefined, label: 'All' },
  { error: 'none', label: 'OK' },
  { error: 'only', label: 'Errors' },
] as const;

/** The bar above the trace list: filters at the left, which write the address; refreshing at the right. */
export function TraceFilters({
  filter,
  models,
  basePath,
}: {
  filter: TraceFilter;
  models: string[];
  basePath: string;
}) {
  const router = useRouter();
  const id = useId();
  const [pending, startTransition] = useTransition();
  const [live, setLive] = useState(false);
  // Where the newest stand: anywhere else nothing new would be seen.
  const onFirstPage = filter.cursor === undefined && filter.sort === undefined;
  const choices = filter.model && !models.includes(filter.model) ? [filter.model, ...models] : models;

  return (
    <div className="my-4 flex flex-wrap items-center justify-between gap-x-4 gap-y-2.5">
      <div className="flex min-w-0 flex-wrap items-center gap-2">
        <search className="w-full sm:w-64">
          {/* A new form for each search, so that the box shows what the list is of. */}
          <form
            key={filter.q ?? ''}
            action={basePath}
            onSubmit={(event) => {
              event.preventDefault();
              const q = String(new FormData(event.currentTarget).get('q') ?? '').trim() || undefined;
              startTransition(() => router.push(listHref(basePath, { ...filter, q, cursor: undefined })));
            }}
            className="relative"
          >
            <SearchIcon
              aria-hidden="true"
              className="pointer-events-none absolute top-2 left-2.5 size-4 text-muted-foreground"
            />
            <Input
              type="search"
              name="q"
              aria-label="Search questions, answers and chunks"
              placeholder="Search traces"
              maxLength={MAX_SEARCH}
              defaultValue={filter.q}
              className="h-8 bg-card pl-8 text-sm"
            />
          </form>
        </search>
        <label htmlFor={id} className="sr-only">
          Model
        </label>
        <NativeSelect
          id={id}
          size="sm"
          className="max-w-40 bg-card sm:max-w-56"
          value={filter.model ?? ''}
          onChange={(event) => {
            const href = listHref(basePath, {
              ...filter,
              model: event.target.value || undefined,
              cursor: undefined,
            });
            startTransition(() => router.push(href));
          }}
        >
          <NativeSelectOption value="">All models</NativeSelectOption>
          {choices.map((model) => (
            <NativeSelectOption key={model} value={model}>
              {model}
            </NativeSelectOption>
          ))}
        </NativeSelect>
        <ul aria-label="Outcome" className="flex h-8 rounded-md border border-input bg-card p-0.5 text-sm">
          {outcomes.map(({ error, label }) => (
            <li key={label}>
              <Link
                href={listHref(basePath, { ...filter, error, cursor: undefined })}
                prefetch={false}
                aria-current={filter.error === error ? 'true' : undefined}
                className="flex h-full items-center rounded-sm px-2.5 text-muted-foreground hover:text-foreground aria-[current=true]:bg-accent aria-[current=true]:font-medium aria-[current=true]:text-accent-foreground"
              >
                {label}
              </Link>
            </li>
          ))}
        </ul>
        <FilterDrawer
          filter={filter}
          onApply={(changed) => startTransition(() => router.push(listHref(basePath, changed)))}
        />
        {isFiltered(filter) && (
          <Button asChild variant="ghost" size="sm">
            <Link href={listHref(basePath, { sort: filter.sort })} prefetch={false}>
              <XIcon aria-hidden="true" />
              Clear filters
            </Link>
          </Button>
        )}
      </div>
      <div className="flex items-center gap-2">
        {onFirstPage && (
          <Button
            type="button"
            variant="outline"
            size="sm"
            aria-pressed={live}
            onClick={() => setLive(!live)}
            title="Refresh every two seconds"
          >
            <span
              aria-hidden="true"
              className={cn(
                'size-2 rounded-full',
                live ? 'animate-pulse bg-traffic-green' : 'bg-muted-foreground/50',
              )}
            />
            {live ? 'Live: on' : 'Live: off'}
          </Button>
        )}
        <Button
          type="button"
          variant="outline"
          size="sm"
          aria-disabled={pending}
          onClick={() => {
            if (!pending) startTransition(() => router.refresh());
          }}
        >
          <RefreshCwIcon aria-hidden="true" className={cn(pending && 'animate-spin')} />
          Refresh
        </Button>
        {live && onFirstPage && <LiveRefresh intervalMs={LIVE_INTERVAL_MS} />}
      </div>
    </div>
  );
}
