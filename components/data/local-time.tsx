'use client';

import { useSyncExternalStore } from 'react';

const subscribe = () => () => {};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// Written by hand, not by Intl: Node and the browsers abbreviate September differently, and hydration would stumble.
function written(date: Date, withYear: boolean, withSeconds: boolean): string {
  const [hours, minutes, seconds] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(
    (n) => String(n).padStart(2, '0'),
  );
  const day = `${date.getUTCDate()} ${months[date.getUTCMonth()]}${withYear ? ` ${date.getUTCFullYear()}` : ''}`;
  return `${day}, ${hours}:${minutes}${withSeconds ? `:${seconds}` : ''}`;
}

/** The same moment, shifted so that its UTC fields read as local ones. */
function shiftedToLocal(date: Date): Date {
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
}

/** A moment in the reader's time zone, with UTC on hover. The server, which does not know the zone, renders UTC. */
export function LocalTime({
  iso,
  style = 'short',
  className,
}: {
  iso: string;
  /** `short` leaves out the current year; `full` leaves out nothing. */
  style?: 'short' | 'full';
  className?: string;
}) {
  const inBrowser = useSyncExternalStore(
    subscribe,
    () => true,
    () => false,
  );
  const date = new Date(iso);
  const full = style === 'full';
  const otherYear = inBrowser && date.getFullYear() !== new Date().getFullYear();
  return (
    <time dateTime={iso} title={`${iso.replace('T', ' ').replace('Z', '')} UTC`} className={className}>
      {inBrowser
        ? written(shiftedToLocal(date), full || otherYear, full || !otherYear)
        : `${written(date, full, true)} UTC`}
    </time>
  );
}
