'use client';

import { useSyncExternalStore } from 'react';
import { plural } from '@/components/data/format';
import { LocalTime } from '@/components/data/local-time';

const TICK_MS = 20_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

function subscribe(onTick: () => void): () => void {
  const timer = setInterval(onTick, TICK_MS);
  return () => clearInterval(timer);
}

/** How long ago a moment was, in the largest unit that fits; null for more than 30 days, where the date says more. */
export function ago(then: number, now: number): string | null {
  const age = now - then;
  if (age < MINUTE_MS) return 'just now';
  if (age < HOUR_MS) return `${plural(Math.floor(age / MINUTE_MS), 'minute')} ago`;
  if (age < DAY_MS) return `${plural(Math.floor(age / HOUR_MS), 'hour')} ago`;
  return age < 30 * DAY_MS ? `${plural(Math.floor(age / DAY_MS), 'day')} ago` : null;
}

/** A past moment as the time since then, with the moment itself on hover. The server, whose answer may be kept, writes the moment. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const tick = useSyncExternalStore(
    subscribe,
    () => Math.floor(Date.now() / TICK_MS),
    () => null,
  );
  const words = tick === null ? null : ago(Date.parse(iso), Date.now());
  if (words === null) return <LocalTime iso={iso} {...(className && { className })} />;
  return (
    <time
      dateTime={iso}
      title={`${iso.replace('T', ' ').replace('Z', '')} UTC`}
      {...(className && { className })}
    >
      {words}
    </time>
  );
}
