'use client';

import { formatMoment, formatRange, zoneName } from '@/components/charts/time-labels';
import { useZone } from '@/components/charts/use-zone';

/** A span of time in the reader's zone, open at one end where `from` or `to` is missing. UTC on hover. */
export function TimeRange({
  from,
  to,
  showZone = false,
  className,
}: {
  from?: string | undefined;
  to?: string | undefined;
  /** Names the zone behind the span. The server always does: what it writes is UTC. */
  showZone?: boolean;
  className?: string;
}) {
  const zone = useZone();
  const at = to ?? from;
  if (!at) return null;
  const style = zone === 'local' ? { thisYear: new Date().getFullYear() } : {};
  const written = write(
    from,
    to,
    (range) => formatRange(range, zone, style),
    (iso) => formatMoment(iso, zone, style),
  );
  const utc = write(
    from,
    to,
    (range) => formatRange(range, 'utc'),
    (iso) => formatMoment(iso, 'utc'),
  );
  return (
    <span title={`${utc} UTC`} className={className}>
      {written}
      {(showZone || zone === 'utc') && <span className="text-muted-foreground"> {zoneName(at, zone)}</span>}
    </span>
  );
}

function write(
  from: string | undefined,
  to: string | undefined,
  range: (range: { from: string; to: string }) => string,
  moment: (iso: string) => string,
): string {
  if (from && to) return range({ from, to });
  return from ? `since ${moment(from)}` : to ? `before ${moment(to)}` : '';
}
