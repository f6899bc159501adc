'use client';

import Link from 'next/link';
import { type KeyboardEvent, useRef, useState } from 'react';
import { type ChartBin, nextLinked } from '@/components/charts/prepare';
import { useZone } from '@/components/charts/use-zone';
import { cn } from '@/components/ui/cn';

/**
 * The bins of a chart as links over its whole height. One of them is reached by Tab, the others by the arrow keys, Home
 * and End, so that a chart is one stop on the way through the page; Escape puts the tooltip away.
 */
export function ChartSlots({
  label,
  bins,
  names,
  active,
  onActive,
}: {
  label: string;
  bins: readonly ChartBin[];
  /** What each bin holds, in words: its link's accessible name. */
  names: readonly string[];
  active: number | null;
  onActive: (bin: number | null) => void;
}) {
  const list = useRef<HTMLUListElement>(null);
  const hydrated = useZone() === 'local';
  const [visited, setVisited] = useState<number | null>(null);
  const stop = visited !== null && bins[visited]?.href ? visited : nextLinked(bins, bins.length, -1);

  function move(event: KeyboardEvent, bin: number) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'Escape') onActive(null);
    const to = targetOf(event.key, bins, bin);
    if (to === null) return;
    event.preventDefault();
    list.current?.children[to]?.querySelector('a')?.focus();
  }

  return (
    <ul
      ref={list}
      aria-label={`${label}, bar by bar. Arrow keys move between them.`}
      className="absolute inset-0 grid auto-cols-fr grid-flow-col"
      onPointerLeave={() => onActive(null)}
    >
      {bins.map((bin, index) => (
        <li
          key={bin.from}
          className={cn('h-full', active === index && 'bg-foreground/6')}
          aria-hidden={bin.href === null || undefined}
          onPointerEnter={() => onActive(index)}
        >
          {bin.href && (
            <Link
              href={bin.href}
              prefetch={false}
              aria-label={names[index]}
              tabIndex={hydrated && index !== stop ? -1 : undefined}
              className="block h-full rounded-xs outline-offset-0"
              onFocus={() => {
                setVisited(index);
                onActive(index);
              }}
              onBlur={() => onActive(null)}
              onKeyDown={(event) => move(event, index)}
            />
          )}
        </li>
      ))}
    </ul>
  );
}

function targetOf(key: string, bins: readonly ChartBin[], bin: number): number | null {
  if (key === 'ArrowRight') return nextLinked(bins, bin, 1);
  if (key === 'ArrowLeft') return nextLinked(bins, bin, -1);
  if (key === 'Home') return nextLinked(bins, -1, 1);
  if (key === 'End') return nextLinked(bins, bins.length, -1);
  return null;
}
