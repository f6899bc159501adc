'use client';

import { SearchIcon, XIcon } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type ReactNode, useId, useState, useTransition } from 'react';
import { auditHref, isFiltered } from '@/components/audit/audit-href';
import { startOfDay, toDay, toLastDay } from '@/components/audit/day-range';
import { useZone } from '@/components/charts/use-zone';
import { Button } from '@/components/ui/button';
import { Input } from '@/components/ui/input';
import { NativeSelect, NativeSelectOption } from '@/components/ui/native-select';
import type { AuditChoices, AuditFilter } from '@/lib/workflows/audit-log/schema';

const kinds = [
  { value: 'api-key', label: 'API keys' },
  { value: 'operator', label: 'Operators' },
  { value: 'system', label: 'The system' },
];

/** The filters of the log, which write the address. A choice applies at once, what is typed when it is sent. */
export function AuditFilters({
  filter,
  choices,
  basePath,
}: {
  filter: AuditFilter;
  choices: AuditChoices;
  basePath: string;
}) {
  const router = useRouter();
  const zone = useZone();
  const [pending, startTransition] = useTransition();
  const address = auditHref(basePath, filter);
  // What was typed stays until the address changes, by these filters or by any other way.
  const [shown, setShown] = useState({ address, zone });
  const [typed, setTyped] = useState(draftOf(filter, zone));
  if (shown.address !== address || shown.zone !== zone) {
    setShown({ address, zone });
    setTyped(draftOf(filter, zone));
  }
  const isUnknown =
    filter.actor !== undefined &&
    !kinds.some(({ value }) => value === filter.actor) &&
    !choices.people.some(({ id }) => id === filter.actor);

  function apply(change: Partial<ReturnType<typeof draftOf>> = {}) {
    const draft = { ...typed, ...change };
    setTyped(draft);
    const href = auditHref(basePath, {
      actor: draft.actor || undefined,
      action: draft.action || undefined,
      q: draft.q.trim() || undefined,
      from: startOfDay(draft.from),
      to: startOfDay(draft.to, 1),
    });
    startTransition(() => router.push(href));
  }

  return (
    <form
      aria-label="Filters"
      aria-busy={pending}
      className="my-4 flex flex-wrap items-end gap-x-2 gap-y-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      <Field label="Who">
        {(id) => (
          <NativeSelect
            id={id}
            size="sm"
            className="w-full max-w-full bg-card sm:w-44"
            value={typed.actor}
            onChange={(event) => apply({ actor: event.target.value })}
          >
            <NativeSelectOption value="">Everybody</NativeSelectOption>
            {isUnknown && <NativeSelectOption value={filter.actor}>This actor alone</NativeSelectOption>}
            <optgroup label="People">
              {choices.people.map((person) => (
                <NativeSelectOption key={person.id} value={person.id}>
                  {person.email}
                </NativeSelectOption>
              ))}
            </optgroup>
            <optgroup label="Others">
              {kinds.map(({ value, label }) => (
                <NativeSelectOption key={value} value={value}>
                  {label}
                </NativeSelectOption>
              ))}
            </optgroup>
          </NativeSelect>
        )}
      </Field>
      <Field label="What">
        {(id) => (
          <NativeSelect
            id={id}
            size="sm"
            className="w-full max-w-full bg-card sm:w-44"
            value={typed.action}
            onChange={(event) => apply({ action: event.target.value })}
          >
            <NativeSelectOption value="">Everything</NativeSelectOption>
            {choices.resources.map(({ resource, title, actions }) => (
              <optgroup key={resource} label={title}>
                <NativeSelectOption value={resource}>{title}: everything</NativeSelectOption>
                {actions.map((one) => (
                  <NativeSelectOption key={one.action} value={one.action}>
                    {one.title}
                  </NativeSelectOption>
                ))}
              </optgroup>
            ))}
          </NativeSelect>
        )}
      </Field>
      <Field label="From">
        {(id) => (
          <Input
            id={id}
            type="date"
            className="h-8 w-full bg-card sm:w-36"
            value={typed.from}
            max={typed.to || undefined}
            onChange={(event) => setTyped({ ...typed, from: event.target.value })}
          />
        )}
      </Field>
      <Field label="To">
        {(id) => (
          <Input
            id={id}
            type="date"
            className="h-8 w-full bg-card sm:w-36"
            value={typed.to}
            min={typed.from || undefined}
            onChange={(event) => setTyped({ ...typed, to: event.target.value })}
          />
        )}
      </Field>
      <Field label="Address, name or id">
        {(id) => (
          <Input
            id={id}
            type="search"
            autoComplete="off"
            maxLength={200}
            className="h-8 w-full bg-card sm:w-48"
            value={typed.q}
            onChange={(event) => setTyped({ ...typed, q: event.target.value })}
          />
        )}
      </Field>
      <Button type="submit" variant="outline" size="sm">
        <SearchIcon aria-hidden="true" />
        Apply
      </Button>
      {isFiltered(filter) && (
        <Button asChild variant="ghost" size="sm">
          <Link href={basePath} prefetch={false}>
            <XIcon aria-hidden="true" />
            Clear filters
          </Link>
        </Button>
      )}
    </form>
  );
}

function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <div className="flex min-w-[calc(50%-0.25rem)] flex-1 flex-col gap-1 sm:min-w-0 sm:flex-none">
      <label htmlFor={id} className="text-xs text-muted-foreground">
        {label}
      </label>
      {children(id)}
    </div>
  );
}

function draftOf(filter: AuditFilter, zone: 'utc' | 'local') {
  return {
    actor: filter.actor ?? '',
    action: filter.action ?? '',
    q: filter.q ?? '',
    from: toDay(filter.from, zone),
    to: toLastDay(filter.to, zone),
  };
}
