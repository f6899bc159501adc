import { XIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { TimeRange } from '@/components/charts/time-range';
import { formatCount } from '@/components/data/format';
import { listHref } from '@/components/traces/list-href';
import type { TraceFilter } from '@/lib/traces/schema';

const exact = [
  { name: 'project', label: 'Project' },
  { name: 'user', label: 'User' },
  { name: 'session', label: 'Session' },
  { name: 'tag', label: 'Tag' },
] as const;

/**
 * The filters that links and addresses set, such as a span of time, a least latency or a user, as chips. Each is taken away
 * by its link, which keeps the other filters. Renders nothing when none is set.
 */
export function ActiveRange({ filter, basePath }: { filter: TraceFilter; basePath: string }) {
  const { from, to, slower, grounding } = filter;
  const named = exact.filter(({ name }) => filter[name] !== undefined);
  if (!from && !to && slower === undefined && grounding === undefined && named.length === 0) return null;
  const without = (removed: Partial<TraceFilter>) =>
    listHref(basePath, { ...filter, ...removed, cursor: undefined });
  return (
    <ul aria-label="Active filters" className="mb-4 flex flex-wrap gap-2">
      {(from || to) && (
        <Chip href={without({ from: undefined, to: undefined })}>
          Received <TimeRange from={from} to={to} />
        </Chip>
      )}
      {slower !== undefined && (
        <Chip href={without({ slower: undefined })}>Slower than {formatCount(slower)} ms</Chip>
      )}
      {grounding !== undefined && (
        <Chip href={without({ grounding: undefined })}>Grounding at most {grounding}</Chip>
      )}
      {named.map(({ name, label }) => (
        <Chip key={name} href={without({ [name]: undefined })}>
          {label} {filter[name]}
        </Chip>
      ))}
    </ul>
  );
}

function Chip({ href, children }: { href: string; children: ReactNode }) {
  return (
    <li className="num flex max-w-full items-center rounded-full border border-primary/30 bg-accent text-[0.8125rem] text-accent-foreground">
      <span className="min-w-0 truncate py-1 pl-3">{children}</span>
      <Link
        href={href}
        prefetch={false}
        className="m-0.5 flex size-6 shrink-0 items-center justify-center rounded-full hover:bg-primary/15"
      >
        <XIcon aria-hidden="true" className="size-3.5" />
        <span className="sr-only">Remove filter: {children}</span>
      </Link>
    </li>
  );
}
