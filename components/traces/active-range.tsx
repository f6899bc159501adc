import { XIcon } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { TimeRange } from '@/components/charts/time-range';
import { formatCount } from '@/components/data/format';
import { rangeFields } from '@/components/traces/filter-form';
import { listHref } from '@/components/traces/list-href';
import type { TraceFilter } from '@/lib/traces/schema';

const exact = [
  { name: 'project', label: 'Project' },
  { name: 'user', label: 'User' },
  { name: 'session', label: 'Session' },
] as const;

/**
 * The filters that the bar above the list does not show, such as a span of time, bounds or a user, as chips. Each is taken
 * away by its link, which keeps the other filters. Renders nothing when none is set.
 */
export function ActiveRange({ filter, basePath }: { filter: TraceFilter; basePath: string }) {
  const chips = chipsOf(filter);
  if (chips.length === 0) return null;
  return (
    <ul aria-label="Active filters" className="mb-4 flex flex-wrap gap-2">
      {chips.map(({ key, text, without }) => (
        <Chip key={key} href={listHref(basePath, { ...filter, ...without, cursor: undefined })}>
          {text}
        </Chip>
      ))}
    </ul>
  );
}

type ChipText = { key: string; text: ReactNode; without: Partial<TraceFilter> };

function chipsOf(filter: TraceFilter): ChipText[] {
  const { from, to, light } = filter;
  const chips: ChipText[] = [];
  if (light) chips.push({ key: 'light', text: `Light ${light}`, without: { light: undefined } });
  if (from || to)
    chips.push({
      key: 'time',
      text: (
        <>
          Received <TimeRange from={from} to={to} />
        </>
      ),
      without: { from: undefined, to: undefined },
    });
  for (const { name, label, unit, most } of rangeFields) {
    const [min, max] = [filter[`min_${name}`], filter[`max_${name}`]];
    if (min === undefined && max === undefined) continue;
    const without = { [`min_${name}`]: undefined, [`max_${name}`]: undefined };
    const write = (value: number) => (most === undefined ? formatCount(value) : String(value));
    chips.push({
      key: name,
      text: `${label} ${boundsIn(min, max, write)}${unit ? ` ${unit}` : ''}`,
      without,
    });
  }
  for (const { name, label } of exact)
    if (filter[name] !== undefined)
      chips.push({ key: name, text: `${label} ${filter[name]}`, without: { [name]: undefined } });
  const tags = filter.tag ?? [];
  for (const tag of tags) {
    const others = tags.filter((other) => other !== tag);
    chips.push({
      key: `tag ${tag}`,
      text: `Tag ${tag}`,
      without: { tag: others.length > 0 ? others : undefined },
    });
  }
  return chips;
}

function boundsIn(
  min: number | undefined,
  max: number | undefined,
  write: (value: number) => string,
): string {
  if (min === undefined) return `at most ${write(max ?? 0)}`;
  return max === undefined ? `at least ${write(min)}` : `${write(min)} to ${write(max)}`;
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
