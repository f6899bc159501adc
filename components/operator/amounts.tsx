import Link from 'next/link';
import { formatBytes, formatCount, formatDuration } from '@/components/data/format';
import { RelativeTime } from '@/components/data/relative-time';
import type { HealthFact } from '@/lib/workflows/platform-health/schema';

/** A length of time from milliseconds to days: "35 ms", "3 min 5 s", "4 h", "2 days". */
export function formatSpan(ms: number): string {
  if (ms < 3_600_000) return formatDuration(ms);
  if (ms < 2 * 86_400_000) return `${formatCount(ms / 3_600_000)} h`;
  return `${formatCount(ms / 86_400_000)} days`;
}

/** How long ago something last happened; null is never. */
export function Since({ iso }: { iso: string | null }) {
  return iso ? <RelativeTime iso={iso} /> : <span className="text-muted-foreground">never</span>;
}

/** A value as its unit is read. */
export function Amount({ value, unit }: Pick<HealthFact, 'value' | 'unit'>) {
  if (value === null) return <span className="text-muted-foreground">–</span>;
  if (unit === 'time' && typeof value === 'string') return <RelativeTime iso={value} />;
  if (unit === 'tenant')
    return (
      <Link href={`/admin/tenants?q=${value}`} prefetch={false} className="text-primary hover:underline">
        {value}
      </Link>
    );
  return <>{toText(value, unit)}</>;
}

function toText(value: string | number, unit: HealthFact['unit']): string {
  if (typeof value === 'string') return value;
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'ms') return formatSpan(value);
  if (unit === 'share') return `${(value * 100).toFixed(value > 0 && value < 0.1 ? 2 : 1)} %`;
  return Number.isInteger(value) ? formatCount(value) : value.toFixed(1);
}
