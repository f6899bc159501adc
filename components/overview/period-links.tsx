import Link from 'next/link';
import { type Period, periodNames, periods } from '@/lib/stats/schema';

/** The overview's address for a period. */
export function periodHref(overviewPath: string, period: Period): string {
  return `${overviewPath}?period=${period}`;
}

/** The choice of a period, as links: the address says what is shown. */
export function PeriodLinks({ current, overviewPath }: { current: Period; overviewPath: string }) {
  return (
    <ul aria-label="Period" className="flex h-8 rounded-md border border-input bg-card p-0.5 text-sm">
      {periodNames.map((period) => (
        <li key={period}>
          <Link
            href={periodHref(overviewPath, period)}
            prefetch={false}
            scroll={false}
            aria-current={period === current ? 'true' : undefined}
            className="flex h-full items-center rounded-sm px-2.5 whitespace-nowrap text-muted-foreground hover:text-foreground aria-[current=true]:bg-accent aria-[current=true]:font-medium aria-[current=true]:text-accent-foreground"
          >
            {periods[period].label}
          </Link>
        </li>
      ))}
    </ul>
  );
}
